import { randomUUID } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { NotInSession, type Platform } from "../../src/platform/platform.ts";
import { restPlatform } from "../../src/platform/rest-platform.ts";
import { API_KEY } from "../support/credentials.ts";
import {
  answer,
  answerJson,
  type Behaviour,
  fallSilent,
  flood,
  hang,
  newSessionId,
  refuse,
  refuseXml,
  resetAtOnce,
  resetInMidBody,
  startFaultServer,
} from "../support/fault-server.ts";
import { SLACK } from "../support/long.ts";
import { platformOf } from "../support/platform-of.ts";

const now = new Date();
const [sessionId, id] = [newSessionId(API_KEY), randomUUID()];

type Call = (platform: Platform) => Promise<unknown>;

const LISTS: [act: string, Call][] = [
  ["list connections", (platform) => platform.connections(sessionId, now)],
  ["list streams", (platform) => platform.streams(sessionId, now)],
];
const COMMANDS: [act: string, Call][] = [
  ["disconnect a client", (platform) => platform.disconnect(sessionId, id, now)],
  ["mute a stream", (platform) => platform.muteStream(sessionId, id, now)],
  ["mute a session", (platform) => platform.muteAll(sessionId, { active: true, excludedStreamIds: [] }, now)],
  ["send a signal", (platform) => platform.signal(sessionId, id, { type: "", data: "" }, now)],
  ["send a signal", (platform) => platform.signal(sessionId, null, { type: "", data: "" }, now)],
];

// biome-ignore lint/suspicious/noExplicitAny: an error has other members than a result
type Outcome = any;

/** Calls a platform that answers so: its error or result, and what it received. */
async function outcome(call: Call, behaviour: Behaviour, env: Record<string, string> = {}): Promise<Outcome> {
  const fault = await startFaultServer(behaviour);
  onTestFinished(() => fault.close());
  const result = await call(platformOf("opentok", fault.url, env)).catch((error) => error);
  expect(fault.received).toHaveLength(1);
  return result;
}

const html = "<!DOCTYPE html><html><body>It works!</body></html>";

describe.each([...LISTS, ...COMMANDS])("the call to %s", (act, call) => {
  it.each<[string, boolean, Behaviour]>([
    ["500 with a reason", true, refuse(500, "Internal error")],
    ["503 with an empty body", true, answer(503, "text/plain", "")],
    ["408", true, refuse(408, "Invalid stream ID")],
    ["425", true, refuse(425, "Too early")],
    ["a reset instead of an answer", true, resetAtOnce],
    ["a reset in mid-body", true, resetInMidBody],
    ["HTML with 200", false, answer(200, "text/html", html)],
    ["JSON that is cut off", false, answer(200, "application/json", '{"items":[')],
    ["a list with 201", false, answerJson(201, { items: [] })],
    ["HTML with 403", false, answer(403, "text/html", html)],
    ["HTML with 404", false, answer(404, "text/html", html)],
    ["a gateway's 404", false, answerJson(404, { message: "no Route matched with those values" })],
    ["a page with a message in a 404", false, answer(404, "text/html", "<?xml?><message>x</message>")],
    ["a redirection", false, answer(302, "text/html", "", { location: "http://127.0.0.1:9/" })],
  ])("is unavailable, and not repeated, on %s (retryable: %s)", async (_, retryable, behaviour) => {
    const error = await outcome(call, behaviour);
    expect(error.extensions).toEqual({ code: "PLATFORM_UNAVAILABLE", retryable });
  });

  it.each([
    ["silence", hang],
    ["headers, then silence", fallSilent],
  ])("is unavailable at the deadline, on %s", async (_, behaviour) => {
    const begin = performance.now();
    const error = await outcome(call, behaviour, { PLATFORM_TIMEOUT_MS: "1000" });
    expect(performance.now() - begin).toBeLessThan(1500 + SLACK);
    expect(error.message).toBe("The platform did not answer within 1000 ms");
  });

  it("cuts off an answer of 64 MB", async () => {
    let sent = 0;
    const error = await outcome(
      call,
      flood((bytes) => {
        sent = bytes;
      }),
    );
    expect(error.extensions).toEqual({ code: "PLATFORM_UNAVAILABLE", retryable: false });
    // What fills the sockets' buffers is sent, though nobody reads it.
    await expect.poll(() => sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it.each<[string, Behaviour]>([
    ["403", refuse(403, "Invalid signature")],
    ["403 in XML", refuseXml(403, "Invalid signature")],
    ["400", answerJson(400, { code: 400, message: "Invalid signature" })],
    ["413", answerJson(413, { code: 413, message: "Invalid signature" })],
    ["200 with an error", refuse(200, "Invalid signature")],
  ])("passes a refusal on: %s", async (_, behaviour) => {
    const error = await outcome(call, behaviour);
    expect(error.extensions).toEqual({
      code: "PLATFORM_REJECTED",
      retryable: false,
      reason: "Invalid signature",
    });
    expect(error.message).toBe(
      `The platform refused to ${act}: Invalid signature. OPENTOK_API_SECRET does not belong to OPENTOK_API_KEY: check it`,
    );
  });

  it("passes a limit on", async () => {
    const error = await outcome(call, refuse(429, "Slow down", { "retry-after": "7" }));
    expect(error.extensions).toEqual({ code: "RATE_LIMITED", retryable: true, retryAfterSeconds: 7 });
    expect(error.message).toBe(
      `The platform limits this project, and did not ${act}; try again in 7 seconds`,
    );
  });

  it("does not repeat its token when the platform does", async () => {
    const error = await outcome(call, (response, request) => {
      refuse(400, `Bad ${request.headers["x-opentok-auth"]}`)(response, request);
    });
    expect(error.message + JSON.stringify(error.extensions)).toMatch(/Bad eyJ(?!\S{20})/);
  });

  it("is repeated once, and only once, where nothing listens", async () => {
    const fault = await startFaultServer();
    await fault.close();
    let attempts = 0;
    const platform = restPlatform({
      environment: "opentok",
      applicationId: API_KEY,
      url: fault.url,
      timeout: 2000,
      userAgent: "stagepass/test",
      authenticate: async () => ({}),
      onCircuit() {},
      fetch(...args) {
        attempts++;
        return fetch(...args);
      },
    });
    await expect(call(platform)).rejects.toMatchObject({
      extensions: { code: "PLATFORM_UNAVAILABLE", retryable: true },
    });
    expect(attempts).toBe(2);
  });
});

/** The platform's own errors of a 404. Its code may be that of another status. */
const NOT_FOUND: [string, Behaviour][] = [
  ["JSON", answerJson(404, { code: 403, message: "Not found" })],
  ["JSON with code -1", refuse(404, "Not found")],
  ["XML", refuseXml(404, "Not found")],
];

describe.each(NOT_FOUND)("a 404 with %s", (_, behaviour) => {
  it.each(LISTS)("is an empty list: %s", async (_, call) => {
    expect(await outcome(call, behaviour)).toEqual([]);
  });

  it.each(COMMANDS)("is NotInSession: %s", async (_, call) => {
    expect(await outcome(call, behaviour)).toBeInstanceOf(NotInSession);
  });
});

describe.each(COMMANDS)("the call to %s", (_, call) => {
  it.each<[string, Behaviour]>([
    ["204", answer(204, "text/plain", "")],
    ["204 that claims JSON", answer(204, "application/json", "")],
    ["200 with an empty body", answer(200, "application/json", "")],
    ["200 with the project", answerJson(200, { applicationId: API_KEY, status: "ACTIVE", name: "x" })],
  ])("succeeds with %s", async (_, behaviour) => {
    expect(await outcome(call, behaviour)).toBeUndefined();
  });

  it("is unavailable on more than 64 KB", async () => {
    const error = await outcome(call, answerJson(200, { name: "x".repeat(64 * 1024) }));
    expect(error.message).toBe("The platform's answer is larger than 65536 bytes");
  });
});

describe.each(LISTS)("the call to %s", (_, call) => {
  const valid = { id: "s", connectionId: "c", connectionState: "Connected", createdAt: 1, name: "n" };

  it.each<[string, unknown]>([
    ["no list", {}],
    ["a list without an envelope", [valid]],
    ["more in the count than items", { count: 2, items: [valid] }],
    ["an object as items", { items: { 0: valid } }],
    ["null as an item", { items: [valid, null] }],
    ["a number as ID", { items: [valid, { ...valid, id: 1, connectionId: 1 }] }],
    ["an empty ID", { items: [valid, { ...valid, id: "", connectionId: "" }] }],
    ["no ID", { items: [valid, {}] }],
    ["wrong members", { items: [valid, { ...valid, createdAt: true, name: 1 }] }],
    ["other wrong members", { items: [valid, { ...valid, createdAt: "soon", videoType: 1 }] }],
    ["further wrong members", { items: [valid, { ...valid, createdAt: 1e99, layoutClassList: [1] }] }],
  ])("is unavailable on %s, because clients must not seem to have left", async (_, body) => {
    const error = await outcome(call, answerJson(200, body));
    expect(error.extensions).toEqual({ code: "PLATFORM_UNAVAILABLE", retryable: false });
    expect(error.message).toContain("check OPENTOK_API_URL");
  });

  it("is unavailable on nothing with 204", async () => {
    const error = await outcome(call, answer(204, "text/plain", ""));
    expect(error.extensions).toEqual({ code: "PLATFORM_UNAVAILABLE", retryable: false });
  });

  it("takes a list of 3000", async () => {
    const items = Array.from({ length: 3000 }, () => ({ ...valid, id: randomUUID(), more: randomUUID() }));
    expect(await outcome(call, answerJson(200, { count: 3000, items }))).toHaveLength(3000);
  });
});

it("reads a list of connections", async () => {
  const items = [
    { connectionId: "a", connectionState: "Connected", createdAt: 1_795_500_000_123, more: {} },
    { connectionId: "b", connectionState: "Connecting", createdAt: "1795500000123" },
    { connectionId: "c", connectionState: "Disconnected", createdAt: "2026-11-24T06:00:00.123Z" },
    { connectionId: "d", connectionState: "Rotating", createdAt: null },
    { connectionId: "e" },
  ];
  const createdAt = new Date(1_795_500_000_123);
  expect(
    await outcome((platform) => platform.connections(sessionId, now), answerJson(200, { items })),
  ).toEqual([
    { connectionId: "a", isConnected: true, createdAt },
    { connectionId: "b", isConnected: false, createdAt },
    { connectionId: "c", isConnected: false, createdAt },
    { connectionId: "d", isConnected: true, createdAt: null },
    { connectionId: "e", isConnected: true, createdAt: null },
  ]);
});

it("reads a list of streams", async () => {
  const items = [
    { id: "a", videoType: "screen", name: "Ann", layoutClassList: ["full", "x"], more: 1 },
    { id: "b", videoType: "", name: null },
  ];
  expect(await outcome((platform) => platform.streams(sessionId, now), answerJson(200, { items }))).toEqual([
    { streamId: "a", videoType: "screen", name: "Ann", layoutClassList: ["full", "x"] },
    { streamId: "b", videoType: null, name: "", layoutClassList: [] },
  ]);
});
