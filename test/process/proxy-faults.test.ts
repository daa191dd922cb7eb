import { rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, vi } from "vitest";
import { atOnce } from "../support/at-once.ts";
import {
  type Behaviour,
  type FaultServer,
  flood,
  hang,
  resetAtOnce,
  startFaultServer,
} from "../support/fault-server.ts";
import { freePort } from "../support/postgres.ts";
import {
  CREATE,
  post,
  postFrom,
  startStandIns,
  succeed,
  UNAVAILABLE,
  unanswered,
} from "../support/proxied.ts";
import { itBehindHaproxy, itBehindNginx, PROXIES, startProxy } from "../support/proxy.ts";

const MB = 1024 * 1024;
const TOKEN_QUERY = new URLSearchParams({ query: '{ inspectToken(token: "eyJhbGciOi") { valid } }' });

for (const [name, itBehind] of PROXIES) {
  const test = atOnce(`behind ${name}`, 60_000, itBehind);

  test("a request goes to the other replica where a connection is refused", async () => {
    const standIn = await startFaultServer(succeed);
    onTestFinished(() => standIn.close());
    const proxy = await startProxy([await freePort(), standIn.port], name);
    for (let i = 0; i < 10; i++) expect((await post(proxy)).status).toBe(200);
    // Without the checks of HAProxy.
    expect(standIn.received.filter(({ path }) => path === "/graphql")).toHaveLength(10);
  });

  test("where no replica answers, clients read so, and the log has no URL", async () => {
    const proxy = await startProxy([await freePort(), await freePort()], name);
    const response = await fetch(`${proxy.url}?${TOKEN_QUERY}`);
    const status = name === "nginx" ? 502 : 503;
    expect([response.status, response.headers.get("content-type")]).toEqual([status, "application/json"]);
    expect(await response.json()).toMatchObject(UNAVAILABLE);
    expect(await post(proxy)).toMatchObject({ status, answer: UNAVAILABLE });
    await expect.poll(() => unanswered(proxy)).toHaveLength(2);
    expect(unanswered(proxy)[0]).toMatch(
      name === "nginx"
        ? /^\S+ 502 from 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+ after [\d.]+ s$/
        : /^\S+ 503 from 127\.0\.0\.1:\d+ after \d+ ms, [A-Z]{2}$/,
    );
    expect(proxy.log()).not.toContain("inspectToken");
  });
  for (const [fault, behaviour] of [
    // A replica whose checks fail, too, soon gets no requests.
    [
      "broke off",
      (response, request) => (request.path === "/readyz" ? succeed : resetAtOnce)(response, request),
    ],
    ["answered with 500", (response) => response.writeHead(500).end("{}")],
    ["answered with 502", (response) => response.writeHead(502).end("{}")],
    ["answered with 503", (response) => response.writeHead(503).end("{}")],
    ["answered with 504", (response) => response.writeHead(504).end("{}")],
    ["answered with 429", (response) => response.writeHead(429).end("{}")],
  ] as [string, Behaviour][])
    test(`a mutation that a replica ${fault} is not sent to the other one`, async () => {
      const { proxy, received } = await startStandIns(behaviour, name);
      for (let i = 1; i <= 4; i++) {
        // On a connection of its own: HAProxy closes one that had a request before, instead of an answer.
        const { status } = await postFrom(proxy, { query: CREATE });
        expect(status).toBeGreaterThanOrEqual(429);
        expect(received()).toHaveLength(i);
      }
    });
}

const behindNginx = atOnce("behind nginx alone", 60_000, itBehindNginx);

behindNginx(
  "a replica that breaks off is left alone, until one request in three seconds succeeds",
  async () => {
    const { proxy, standIns } = await startStandIns(succeed, "nginx");
    standIns[0].behave(resetAtOnce);
    const ask = async () => (await post(proxy)).status;
    const statuses = [];
    for (let i = 0; i < 20; i++) statuses.push(await ask());
    expect(statuses.filter((status) => status !== 200)).toEqual([502, 502, 502]);
    standIns[0].behave(succeed);
    const before = standIns[0].received.length;
    await expect
      .poll(async () => [await ask(), standIns[0].received.length > before + 2], { timeout: 8000 })
      .toEqual([200, true]);
  },
);

behindNginx("no caller shuts the replicas to others by making requests fail", async () => {
  const fails: Behaviour = (response, request) =>
    (request.body.includes("canary") ? resetAtOnce : succeed)(response, request);
  const { proxy } = await startStandIns(fails, "nginx");
  for (let i = 0; i < 20; i++) {
    expect((await post(proxy, { body: "canary" })).status).toBe(502);
    expect((await post(proxy)).status).toBe(200);
  }
});

behindNginx("the log has no URL, either, where the disk fails", async () => {
  const told = vi.fn<(sent: number) => void>();
  const { proxy } = await startStandIns(flood(told));
  rmSync(join(proxy.folder, "proxy"), { recursive: true });
  const socket = connect(proxy.port, "127.0.0.1").pause();
  onTestFinished(() => void socket.destroy());
  socket.write(`GET /graphql?${TOKEN_QUERY} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  // Nobody reads the answer, and so it goes to the disk.
  await expect.poll(() => told.mock.calls[0]?.[0]).toBeLessThan(64 * MB);
  expect(proxy.log()).toBe("");
});

const behindHaproxy = atOnce("behind HAProxy alone", 60_000, itBehindHaproxy);
const unready: Behaviour = (response, request) =>
  request.path === "/readyz" ? response.writeHead(503).end("{}") : succeed(response, request);
const posts = ({ received }: FaultServer) => received.filter(({ path }) => path === "/graphql").length;

behindHaproxy(
  "a replica that is not ready finishes its requests, and gets no others until it is",
  async () => {
    const { proxy, standIns } = await startStandIns(succeed, "haproxy");
    const [first] = standIns;
    let finish = () => {};
    first.behave((response, request) => {
      if (request.path === "/readyz") return succeed(response, request);
      finish = () => succeed(response, request);
    });
    const slow: Promise<{ status: number }>[] = [];
    await expect.poll(() => slow.push(post(proxy)) && posts(first)).toBeGreaterThan(0);
    first.behave(unready);
    await expect.poll(() => proxy.log(), { timeout: 5000 }).toMatch(/replica-1 is stopping/);
    const before = posts(first);
    for (let i = 0; i < 10; i++) expect((await post(proxy)).status).toBe(200);
    expect(posts(first)).toBe(before);
    finish();
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual(slow.map(() => 200));
    first.behave(succeed);
    await expect
      .poll(async () => (await post(proxy)) && posts(first), { timeout: 5000 })
      .toBeGreaterThan(before);
  },
);

behindHaproxy("with no replica ready, requests go to both, and their own errors to the callers", async () => {
  const { proxy, standIns } = await startStandIns(unready, "haproxy");
  await expect.poll(() => proxy.log(), { timeout: 5000 }).toMatch(/replica-2 is stopping/);
  for (let i = 0; i < 10; i++) expect((await post(proxy)).status).toBe(200);
  for (const standIn of standIns) expect(posts(standIn)).toBeGreaterThan(0);
});

behindHaproxy("a replica that does not answer ends nobody's wait later than its checks", async () => {
  const { proxy, standIns } = await startStandIns(hang, "haproxy");
  standIns[1].behave(succeed);
  const begun = performance.now();
  const statuses = await Promise.all([1, 2, 3, 4].map(async () => (await post(proxy)).status));
  expect(statuses.filter((status) => status !== 200).length).toBeLessThanOrEqual(2);
  expect(performance.now() - begun).toBeLessThan(12_000);
  expect((await post(proxy)).status).toBe(200);
});
