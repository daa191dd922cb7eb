import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type TokenRequest, VideoTokenSource } from "../../packages/client/src/index.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const HOUR = 3_600_000;

/** A server whose clock is years behind, with the answers of a test. */
function serverOf(lifetime = HOUR) {
  let failure: unknown;
  let latency = 0;
  const asked: unknown[] = [];
  return {
    asked,
    failWith(error: unknown) {
      failure = error;
    },
    answerIn(milliseconds: number) {
      latency = milliseconds;
    },
    async send(_: unknown, variables: unknown): Promise<never> {
      asked.push(variables);
      const failed = failure;
      if (latency > 0) await new Promise((done) => setTimeout(done, latency));
      if (failed) throw failed;
      const created = Date.parse("2020-01-01T00:00:00Z");
      const generateToken = {
        token: `token ${asked.length}`,
        createdAt: new Date(created).toISOString(),
        expiresAt: new Date(created + lifetime).toISOString(),
      };
      return { ensureSession: { applicationId: "app", sessionId: "1_x", generateToken } } as never;
    },
  };
}

const failureOf = (code: string, retryable: boolean, retryAfterSeconds?: number) => ({
  errors: [{ message: code, extensions: { code, retryable, retryAfterSeconds } }],
});

function sourceOf(server: ReturnType<typeof serverOf>, request: TokenRequest = { room: "standup" }) {
  const source = new VideoTokenSource(server.send, request);
  const statuses: string[] = [];
  const stop = source.subscribe(() => statuses.push(source.getSnapshot().status));
  return { source, statuses, stop };
}

/** Lets requests that need no time settle. */
const settle = () => vi.advanceTimersByTimeAsync(0);
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

it("asks when somebody subscribes, once for all", async () => {
  const server = serverOf();
  const source = new VideoTokenSource(server.send, { room: "standup", role: "SUBSCRIBER" });
  expect(source.getSnapshot().status).toBe("idle");
  expect(server.asked).toEqual([]);
  const stops = [1, 2].map(() => source.subscribe(() => {}));
  expect(source.getSnapshot().status).toBe("asking");
  await settle();
  expect(server.asked).toEqual([expect.objectContaining({ room: "standup", role: "SUBSCRIBER" })]);
  expect(source.getSnapshot()).toEqual({
    status: "ready",
    applicationId: "app",
    sessionId: "1_x",
    token: "token 1",
    expiresAt: "2020-01-01T01:00:00.000Z",
    explanation: undefined,
  });
  for (const stop of stops) stop();
});

it("sends no second request while one is under way, also after it was unmounted and mounted", async () => {
  const server = serverOf();
  server.answerIn(5000);
  const { source, stop } = sourceOf(server);
  stop();
  const stopAgain = source.subscribe(() => {});
  source.retry();
  await pass(60_000);
  expect(server.asked).toHaveLength(1);
  expect(source.getSnapshot().status).toBe("ready");
  stopAgain();
});

it("renews before the end of the server's lifetime, whatever the client's clock says", async () => {
  vi.setSystemTime("2035-06-01");
  const server = serverOf();
  const { source, statuses, stop } = sourceOf(server);
  await pass(HOUR - 300_001);
  expect(server.asked).toHaveLength(1);
  await pass(1);
  expect(server.asked).toHaveLength(2);
  expect(source.getSnapshot()).toMatchObject({ status: "ready", token: "token 2" });
  // The old token stayed until the new one came.
  expect(statuses).toEqual(["asking", "ready", "ready"]);
  stop();
});

it("renews at different times on different pages", async () => {
  vi.mocked(Math.random).mockReturnValue(0.99);
  const server = serverOf();
  const { stop } = sourceOf(server);
  await pass(HOUR - 598_000);
  expect(server.asked).toHaveLength(1);
  await pass(2000);
  expect(server.asked).toHaveLength(2);
  stop();
});

it("renews short and long tokens in time", async () => {
  for (const lifetime of [2000, 30 * 24 * HOUR]) {
    const server = serverOf(lifetime);
    const { source, stop } = sourceOf(server);
    await pass(lifetime - 1);
    expect(server.asked.length).toBeGreaterThanOrEqual(2);
    expect(source.getSnapshot().token).toBe(`token ${server.asked.length}`);
    stop();
  }
});

it("stops when nobody subscribes, and leaves no timer", async () => {
  const server = serverOf();
  const { stop } = sourceOf(server);
  await settle();
  stop();
  stop();
  expect(vi.getTimerCount()).toBe(0);
  await pass(2 * HOUR);
  expect(server.asked).toHaveLength(1);

  server.answerIn(1000);
  const { stop: stopEarly } = sourceOf(server);
  stopEarly();
  await pass(1000);
  expect(vi.getTimerCount()).toBe(0);
});

it("notices on waking that the token expired during sleep", async () => {
  const page = new EventTarget();
  vi.stubGlobal("document", page);
  const server = serverOf();
  const { source, statuses, stop } = sourceOf(server);
  await settle();
  // Timers and performance.now() stand still.
  vi.setSystemTime(Date.now() + 2 * HOUR);
  server.answerIn(1000);
  page.dispatchEvent(new Event("visibilitychange"));
  expect(source.getSnapshot()).toMatchObject({ status: "asking", token: undefined });
  await pass(1000);
  expect(source.getSnapshot()).toMatchObject({ status: "ready", token: "token 2" });

  // Without an event, it looks within half a minute.
  vi.setSystemTime(Date.now() + 2 * HOUR);
  await pass(31_000);
  expect(source.getSnapshot()).toMatchObject({ status: "ready", token: "token 3" });
  expect(statuses.at(-1)).toBe("ready");

  // A clock that is set back makes no token live longer.
  vi.setSystemTime(Date.now() - 24 * HOUR);
  await pass(HOUR);
  expect(source.getSnapshot().token).toBe("token 4");
  stop();
});

it("repeats a retryable request, not before the server's time, and ever more rarely", async () => {
  const server = serverOf();
  server.failWith(failureOf("RATE_LIMITED", true, 40));
  const { source, stop } = sourceOf(server);
  await settle();
  expect(source.getSnapshot()).toMatchObject({
    status: "waiting",
    explanation: { code: "RATE_LIMITED", retryAfter: 40 },
  });
  await pass(39_999);
  expect(server.asked).toHaveLength(1);
  server.failWith(failureOf("DATABASE_UNAVAILABLE", true));
  await pass(1);
  expect(server.asked).toHaveLength(2);
  // 2, 4, 8, 16, 32, then 60 seconds apart.
  await pass(62_000);
  expect(server.asked).toHaveLength(7);
  await pass(120_000);
  expect(server.asked).toHaveLength(9);
  server.failWith(undefined);
  await pass(60_000);
  expect(source.getSnapshot()).toMatchObject({ status: "ready", explanation: undefined });
  stop();
});

it("does not repeat a refused request until it is told to", async () => {
  const server = serverOf();
  server.failWith(failureOf("UNAUTHENTICATED", false));
  const { source, stop } = sourceOf(server);
  await pass(2 * HOUR);
  expect(server.asked).toHaveLength(1);
  expect(source.getSnapshot()).toMatchObject({ status: "refused", explanation: { code: "UNAUTHENTICATED" } });
  server.failWith(undefined);
  source.retry();
  await settle();
  expect(source.getSnapshot()).toMatchObject({ status: "ready", explanation: undefined });
  stop();
});

it("asks once more when it is told to during a request that then fails", async () => {
  const server = serverOf();
  server.failWith(failureOf("UNAUTHENTICATED", false));
  server.answerIn(1000);
  const { source, stop } = sourceOf(server);
  await pass(500);
  // The user logs in.
  server.failWith(undefined);
  for (let i = 0; i < 3; i++) source.retry();
  expect(server.asked).toHaveLength(1);
  await pass(1500);
  expect(source.getSnapshot()).toMatchObject({ status: "ready", token: "token 2" });

  // After a success it has nothing to ask again.
  source.retry();
  source.retry();
  await pass(1000);
  server.failWith(failureOf("UNAUTHENTICATED", false));
  source.retry();
  await pass(HOUR / 2);
  expect(server.asked).toHaveLength(4);
  stop();
});

it("keeps a valid token while its renewal fails, and drops it when it expires", async () => {
  const server = serverOf();
  const { source, stop } = sourceOf(server);
  await settle();
  server.failWith(failureOf("FORBIDDEN", false));
  await pass(HOUR - 1);
  expect(source.getSnapshot()).toMatchObject({
    status: "ready",
    token: "token 1",
    explanation: { code: "FORBIDDEN" },
  });
  await pass(1);
  expect(source.getSnapshot()).toMatchObject({
    status: "refused",
    token: undefined,
    explanation: { code: "FORBIDDEN" },
  });
  expect(server.asked).toHaveLength(2);
  stop();
});

it("asks as soon as the browser is online", async () => {
  const window = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener"] as const)
    vi.stubGlobal(name, window[name].bind(window));
  const server = serverOf();
  server.failWith(new TypeError("Failed to fetch"));
  const { source, stop } = sourceOf(server);
  await pass(20_000);
  expect(source.getSnapshot()).toMatchObject({ status: "waiting", explanation: { code: "UNREACHABLE" } });
  server.failWith(undefined);
  window.dispatchEvent(new Event("online"));
  await settle();
  expect(source.getSnapshot().status).toBe("ready");

  // A limit does not end because the browser is online.
  server.failWith(failureOf("RATE_LIMITED", true, 50));
  source.retry();
  await settle();
  const before = server.asked.length;
  window.dispatchEvent(new Event("online"));
  await settle();
  expect(server.asked).toHaveLength(before);
  stop();
});

it("says that an answer without a token is not one of Stagepass", async () => {
  const source = new VideoTokenSource(async () => ({ generateToken: null }) as never, { sessionId: "1_x" });
  const stop = source.subscribe(() => {});
  await settle();
  expect(source.getSnapshot()).toMatchObject({ status: "refused", explanation: { code: "NOT_STAGEPASS" } });
  stop();
});
