import { request } from "node:http";
import { join } from "node:path";
import Libsql from "libsql";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { COMMIT, VERSION } from "../../src/process/version.ts";
import { signedJwt } from "../support/callers.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import {
  answerSession,
  newSessionId,
  refuse,
  resetAtOnce,
  startFaultServer,
} from "../support/fault-server.ts";
import { serverForTest, startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** The lines of the metrics, without their explanations. */
async function read({ metricsUrl }: TestServer): Promise<string[]> {
  const response = await fetch(metricsUrl ?? "");
  expect([response.status, response.headers.get("content-type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  return (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

const start = (env: Record<string, string> = {}, whenOver = onTestFinished) =>
  serverForTest({ METRICS_PORT: "0", ...env }, undefined, whenOver);

/** The lines that the server itself makes: how many there are of others depends on Node.js. */
async function ours(server: TestServer): Promise<string[]> {
  return (await read(server)).filter((line) => line.startsWith("stagepass_"));
}

/** The value of one line; undefined where there is none. */
async function value(server: TestServer, name: string): Promise<number | undefined> {
  const line = (await read(server)).find((line) => line.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

const GENERATE = "mutation($id: ID!, $role: Role) { generateToken(sessionId: $id, role: $role) { token } }";

describe("requests", () => {
  it("are counted by operation and code", async () => {
    const server = await start();
    const id = await server.createSession();
    await server.graphql(GENERATE, { id });
    await server.graphql(`mutation Renamed { a: generateToken(sessionId: "${id}") { token } }`);
    await server.graphql(GENERATE, { id: "1_nobodys" });
    await server.graphql("{ videoCaller { id } videoProject { platform } }");
    await server.graphql("{ canary_field }");
    await server.graphql("{ __schema { queryType { name } } }");
    await fetch(server.url, { method: "POST", headers: { "content-type": "text/plain" }, body: "{}" });
    const count = (operation: string, code: string) =>
      value(server, `stagepass_requests_total{operation="${operation}",code="${code}"}`);
    await fetch(`${server.url}?query={videoCaller{id}}`, {
      method: "HEAD",
      headers: { "apollo-require-preflight": "1" },
    });
    await expect.poll(() => count("none", "UNSUPPORTED_MEDIA_TYPE")).toBe(1);
    await expect.poll(() => count("none", "METHOD_NOT_ALLOWED")).toBe(1);
    expect(await count("createSession", "OK")).toBe(1);
    expect(await count("generateToken", "OK")).toBe(2);
    expect(await count("generateToken", "SESSION_NOT_FOUND")).toBe(1);
    expect(await count("several", "OK")).toBe(1);
    expect(await count("none", "GRAPHQL_VALIDATION_FAILED")).toBe(1);
    expect(await count("__schema", "OK")).toBe(1);
    expect(await value(server, 'stagepass_request_duration_seconds_count{operation="generateToken"}')).toBe(
      3,
    );
  });

  it("are counted when they are refused before GraphQL, and when their client goes away", async () => {
    const server = await start({ NODE_ENV: "production" });
    await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"query":"{ videoCaller { id } }"}',
    });
    expect((await server.graphql("{ videoCaller { id } }")).errors).toEqual([]);
    const leaving = request(server.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "content-length": "100",
        authorization: `Bearer ${signedJwt({ scope: "" })}`,
      },
    });
    leaving.on("error", () => {});
    leaving.write("{", () => leaving.destroy());
    const count = (code: string) =>
      value(server, `stagepass_requests_total{operation="none",code="${code}"}`);
    await expect.poll(() => count("BROKEN_OFF")).toBe(1);
    expect(await count("UNAUTHENTICATED")).toBe(1);
    expect(await value(server, 'stagepass_requests_total{operation="videoCaller",code="OK"}')).toBe(1);
  });

  it("of other paths are not counted", async () => {
    const server = await start();
    await fetch(`${server.origin}/readyz`);
    await fetch(`${server.origin}/canary-path`);
    expect((await read(server)).filter((line) => line.startsWith("stagepass_requests_total"))).toEqual([]);
  });
});

describe("tokens", () => {
  it("are counted by role, format and outcome", async () => {
    const server = await start();
    const id = await server.createSession();
    await server.graphql(GENERATE, { id, role: "MODERATOR" });
    await server.graphql(`mutation { generateToken(sessionId: "${id}", format: T1) { token } }`);
    await server.graphql(GENERATE, { id: "1_nobodys" });
    await server.graphql(
      "mutation($id: ID!, $requests: [TokenRequest!]!) { generateTokens(sessionId: $id, requests: $requests) { __typename } }",
      { id, requests: [{}, {}, { role: "PUBLISHER_ONLY" }, { expireTime: 1 }] },
    );
    const count = (role: string, format: string, outcome: string) =>
      value(server, `stagepass_tokens_total{role="${role}",format="${format}",outcome="${outcome}"}`);
    expect(await count("MODERATOR", "JWT", "ISSUED")).toBe(1);
    expect(await count("PUBLISHER", "T1", "ISSUED")).toBe(1);
    expect(await count("PUBLISHER", "JWT", "SESSION_NOT_FOUND")).toBe(1);
    expect(await count("PUBLISHER", "JWT", "ISSUED")).toBe(2);
    expect(await count("PUBLISHER_ONLY", "JWT", "ISSUED")).toBe(1);
    expect(await count("PUBLISHER", "JWT", "BAD_USER_INPUT")).toBe(1);
    // Two alone, and one batch.
    expect(await value(server, "stagepass_ledger_commit_records_count")).toBe(3);
    expect(await value(server, "stagepass_ledger_commit_records_sum")).toBe(5);
    expect(await value(server, 'stagepass_ledger_commit_duration_seconds_count{result="OK"}')).toBe(3);
  });

  it("of a batch that is refused as a whole are all counted", async () => {
    const server = await start();
    await server.graphql(
      'mutation { generateTokens(sessionId: "1_nobodys", requests: [{}, {}]) { __typename } }',
    );
    const name = 'stagepass_tokens_total{role="PUBLISHER",format="JWT",outcome="SESSION_NOT_FOUND"}';
    expect(await value(server, name)).toBe(2);
  });
});

// These run at once: a circuit closes after five seconds.
it.concurrent("calls to the platform are counted by result, and the circuit is told of", async ({
  expect,
  onTestFinished,
}) => {
  const platform = await startFaultServer(answerSession(newSessionId(API_KEY), API_KEY));
  onTestFinished(() => platform.close());
  const server = await start({ PLATFORM: "opentok", OPENTOK_API_URL: platform.url }, onTestFinished);
  const create = () => server.graphql("mutation { createSession { id } }");
  const count = (result: string) =>
    value(server, `stagepass_platform_call_duration_seconds_count{result="${result}"}`);
  await create();
  platform.behave(refuse(403, "Invalid signature"));
  await create();
  expect([await count("OK"), await count("PLATFORM_REJECTED")]).toEqual([1, 1]);
  expect(await count("RATE_LIMITED")).toBe(0);
  platform.behave(refuse(429, "Slow down"));
  await create();
  expect(await count("RATE_LIMITED")).toBe(1);
  const isOpen = () => value(server, "stagepass_platform_circuit_open");
  expect(await isOpen()).toBe(0);
  platform.behave(resetAtOnce);
  while ((await isOpen()) === 0) await create();
  const calls = await count("PLATFORM_UNAVAILABLE");
  // Not a call: the platform is left alone.
  await create();
  expect(await count("PLATFORM_UNAVAILABLE")).toBe(calls);
  // Also where nobody asks any more: the next call may find the platform well.
  await expect.poll(isOpen, { timeout: 8000 }).toBe(0);
}, 15_000);

it.concurrent("durations are in seconds", async ({ expect, onTestFinished }) => {
  const platform = await startFaultServer((response, request) => {
    setTimeout(() => answerSession(newSessionId(API_KEY), API_KEY)(response, request), 200);
  });
  onTestFinished(() => platform.close());
  const server = await start({ PLATFORM: "opentok", OPENTOK_API_URL: platform.url }, onTestFinished);
  await server.graphql("mutation { createSession { generateToken { token } } }");
  for (const name of [
    'stagepass_platform_call_duration_seconds_sum{result="OK"}',
    'stagepass_request_duration_seconds_sum{operation="createSession"}',
  ]) {
    await expect.poll(() => value(server, name)).toBeGreaterThanOrEqual(0.19);
    expect(await value(server, name)).toBeLessThan(10);
  }
  const commits = await value(server, 'stagepass_ledger_commit_duration_seconds_sum{result="OK"}');
  // No commit is faster than ten microseconds, nor as slow as its deadline.
  expect(commits).toBeGreaterThan(0.00001);
  expect(commits).toBeLessThan(2);
});

it.concurrent("a database that cannot be written is told of, and when it can be again", async ({
  expect,
  onTestFinished,
}) => {
  const file = join(temporaryFolder(onTestFinished), "test.db");
  const server = await start({ DATABASE_URL: `file:${file}` }, onTestFinished);
  const id = await server.createSession();
  const database = new Libsql(file, { timeout: 2000 });
  onTestFinished(() => {
    database.close();
  });
  const ready = () => value(server, "stagepass_ready");
  expect(await ready()).toBe(1);
  database.exec("CREATE TRIGGER full BEFORE INSERT ON issued_tokens BEGIN SELECT raise(abort, 'full'); END");
  await expect.poll(ready).toBe(0);
  await server.graphql(GENERATE, { id });
  const commits = (result: string) =>
    value(server, `stagepass_ledger_commit_duration_seconds_count{result="${result}"}`);
  expect([await commits("OK"), await commits("FAILED")]).toEqual([0, 1]);
  expect(await value(server, "stagepass_ledger_commit_records_count")).toBe(0);
  const refused = 'stagepass_tokens_total{role="PUBLISHER",format="JWT",outcome="LEDGER_UNAVAILABLE"}';
  expect(await value(server, refused)).toBe(1);
  database.exec("DROP TRIGGER full");
  await expect.poll(ready).toBe(1);
});

it.concurrent("tells of the process, the event loop, the connections to the database and the version", async ({
  expect,
  onTestFinished,
}) => {
  const server = await start({}, onTestFinished);
  const lines = await read(server);
  for (const name of [
    "nodejs_eventloop_lag_p99_seconds",
    "process_resident_memory_bytes",
    'stagepass_database_connections{state="idle"} 1',
    'stagepass_database_connections{state="used"} 0',
    "stagepass_database_waiting 0",
    `stagepass_info{version="${VERSION}",commit="${COMMIT}",platform="local"} 1`,
    "stagepass_ledger_purged_total 0",
    "stagepass_clock_skew_seconds 0",
  ]) {
    expect(
      lines.some((line) => line.includes(name)),
      name,
    ).toBe(true);
  }
});

it.concurrent("has no label that somebody else can make up, no secret, no token and no session ID", async ({
  expect,
  onTestFinished,
}) => {
  const server = await start({ NODE_ENV: "production" }, onTestFinished);
  const sessionId = await server.createSession();
  const generate = async (data: string) =>
    (
      await server.graphql(
        `mutation Canary_name { canary_alias: generateToken(sessionId: "${sessionId}", data: "${data}") { token } }`,
      )
    ).data;
  const {
    canary_alias: { token },
  } = await generate("canary-data");
  await server.graphql(`mutation { ensureSession(name: "canary-name") { id } }`);
  await server.graphql(`{ inspectToken(token: "${token}") { status } }`);
  await server.graphql("{ canary_field }");
  await server.graphql("{ videoCaller { id } }", {}, "canary-credential");
  await fetch(`${server.origin}/graphql/canary-path?canary=${token}`);
  const requests = async () => {
    const lines = (await ours(server)).filter((line) => line.startsWith("stagepass_requests_total"));
    return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  };
  await server.graphql("{ videoCaller { id } }");
  await expect.poll(requests).toBe(7);
  const text = (await read(server)).join("\n");
  expect(text).not.toMatch(/canary/i);
  for (const canary of [sessionId, token, API_SECRET]) expect(text).not.toContain(canary);
  const before = (await ours(server)).length;
  for (let i = 0; i < 50; i++) {
    await server.graphql(`query Q${i} { a${i}: videoCaller { id } }`);
    await server.graphql(`{ no_field_${i} }`);
    await generate(`data ${i}`);
  }
  await expect.poll(requests).toBe(157);
  // Nothing that was not there before.
  expect(await ours(server)).toHaveLength(before);
  const created = await server.graphql(
    `mutation { createApiKey(name: "canary-key", preset: EVERYTHING) { key apiKey { id } } }`,
  );
  const { key, apiKey } = created.data.createApiKey;
  await server.graphql(`mutation { revokeApiKey(name: "canary-unknown") { id } }`, {}, key);
  await expect.poll(requests).toBe(159);
  const withKey = (await read(server)).join("\n");
  expect(withKey).not.toMatch(/canary/i);
  for (const canary of [key, apiKey.id]) expect(withKey).not.toContain(canary);
});

describe("the port of the metrics", () => {
  it("serves nothing else, and metrics to GET and HEAD alone", async () => {
    const server = await start();
    const origin = new URL(server.metricsUrl ?? "").origin;
    expect((await fetch(`${origin}/graphql`)).status).toBe(404);
    expect((await fetch(`${origin}/metrics`, { method: "POST" })).status).toBe(405);
    const head = await fetch(`${origin}/metrics`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it("is none of the API's, and none at all unless it is asked for", async () => {
    const server = await start();
    expect((await fetch(`${server.origin}/metrics`)).status).toBe(404);
    const without = await serverForTest();
    expect(without.metricsUrl).toBeNull();
  });

  it("that is in use stops the start, and leaves nothing open", async () => {
    const server = await start();
    const { port } = new URL(server.metricsUrl ?? "");
    await expect(startServer({ METRICS_PORT: port })).rejects.toThrow(
      `METRICS_PORT: ${port} is already in use on 127.0.0.1`,
    );
  });

  it("is a port of this machine alone unless METRICS_HOST says otherwise", () => {
    const { metrics } = parseConfig({ METRICS_PORT: "9464" });
    expect(metrics).toEqual({ host: "127.0.0.1", port: 9464 });
    expect(parseConfig({ METRICS_PORT: "9464", METRICS_HOST: "0.0.0.0" }).metrics?.host).toBe("0.0.0.0");
    expect(() => parseConfig({ METRICS_PORT: "http" })).toThrow("METRICS_PORT: must be a whole number");
  });
});
