import { expect } from "vitest";
import { atOnce } from "../support/at-once.ts";
import { hang } from "../support/fault-server.ts";
import {
  checkDatabase,
  ensure,
  ensureOften,
  isHonest,
  LEASE,
  NOISE,
  sessionsByName,
  startReplicas,
} from "../support/replicas.ts";

const test = atOnce("two servers with one database");

test("clear the name that one who died was about to create a session for, when another name is leased", async () => {
  const { fault, servers, urls, query } = await startReplicas(hang);
  const abandoned = ensure(urls[0], { name: "abandoned" }).catch(() => "broken off");
  await expect.poll(() => fault.received.length).toBe(1);
  servers[0].kill("SIGKILL");
  expect(await abandoned).toBe("broken off");
  fault.behave(isHonest());
  const names = async () =>
    (await query("SELECT name FROM session_names ORDER BY name")).map(({ name }) => name);
  await ensure(urls[1], { name: "before" });
  expect(await names()).toEqual(["abandoned", "before"]);
  await query("UPDATE session_names SET leased_until = leased_until - 60000 WHERE name = 'abandoned'");
  await ensure(urls[1], { name: "later" });
  expect(await names()).toEqual(["before", "later"]);
});

test("take over a name, when its lease ends, from one that was killed while it created the session", async () => {
  const { fault, servers, urls, query } = await startReplicas(hang);
  const name = "abandoned";
  const abandoned = ensure(urls[0], { name }).catch(() => "broken off");
  await expect.poll(() => fault.received.length).toBe(1);
  servers[0].kill("SIGKILL");
  expect(await abandoned).toBe("broken off");
  const [leased] = await query("SELECT lease_id, session_id FROM session_names");
  expect(leased).toEqual({ lease_id: expect.any(String), session_id: null });
  fault.behave(isHonest());
  const answers = await ensureOften([urls[1]], { name }, 20);
  expect(answers.filter(({ sessionId }) => sessionId === null)).toEqual([]);
  expect(Math.max(...answers.map(({ took }) => took))).toBeLessThan(LEASE + NOISE);
  expect(fault.received).toHaveLength(2);
  await checkDatabase(query, sessionsByName(answers));
});
