import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sessionOptions } from "../../src/domain/session.ts";
import { NotInSession, type Platform } from "../../src/platform/platform.ts";
import { type RestPlatformOptions, restPlatform } from "../../src/platform/rest-platform.ts";
import { API_KEY } from "../support/credentials.ts";
import {
  answer,
  answerSession,
  type Behaviour,
  type FaultServer,
  hang,
  newSessionId,
  refuse,
  startFaultServer,
} from "../support/fault-server.ts";

let fault: FaultServer;
let platform: Platform;
let states: string[];
beforeEach(async () => {
  fault = await startFaultServer();
  states = [];
  platform = restPlatform({ ...options(), resetTimeout: 300 });
});
afterEach(() => fault.close());

const options = (): RestPlatformOptions => ({
  environment: "opentok",
  applicationId: API_KEY,
  url: fault.url,
  timeout: 1000,
  userAgent: "stagepass/test",
  authenticate: async () => ({}),
  onCircuit: (state) => states.push(state),
});

/** The code of each of so many calls, made one after the other. */
async function call(times: number): Promise<string[]> {
  const codes: string[] = [];
  for (let i = 0; i < times; i++) codes.push(await outcome());
  return codes;
}

const outcome = () =>
  platform.createSession(sessionOptions({}), new Date()).then(
    () => "created",
    ({ extensions, message }) => `${extensions.code}${/are paused/.test(message) ? " at once" : ""}`,
  );

const down = answer(503, "text/plain", "");
const up: Behaviour = (...args) => answerSession(newSessionId(API_KEY), API_KEY)(...args);

describe("a platform that keeps failing", () => {
  it("is left alone: calls fail at once, and may be retried", async () => {
    fault.behave(down);
    expect(await call(5)).toEqual(Array(5).fill("PLATFORM_UNAVAILABLE"));
    expect(await call(20)).toEqual(Array(20).fill("PLATFORM_UNAVAILABLE at once"));
    expect(fault.received).toHaveLength(5);
    expect(states).toEqual(["open"]);
    await expect(platform.createSession(sessionOptions({}), new Date())).rejects.toMatchObject({
      extensions: { code: "PLATFORM_UNAVAILABLE", retryable: true, retryAfterSeconds: 1 },
    });
  });

  it("says when it is asked again", async () => {
    platform = restPlatform({ ...options(), resetTimeout: 30_000 });
    fault.behave(down);
    await call(5);
    const refusal = await platform.createSession(sessionOptions({}), new Date()).catch((error) => error);
    expect(refusal.extensions.retryAfterSeconds).toBeGreaterThan(20);
    expect(refusal.extensions.retryAfterSeconds).toBeLessThanOrEqual(30);
  });

  it("is probed by one call, while others still fail at once, and used again when that succeeds", async () => {
    fault.behave(down);
    await call(5);
    let release = () => {};
    fault.behave((response, request) => {
      release = () => up(response, request);
    });
    // The first call that is let through has not been answered yet.
    let probe: Promise<string> | undefined;
    await expect
      .poll(async () => {
        probe = outcome();
        return Promise.race([
          probe,
          expect
            .poll(() => fault.received.length)
            .toBe(6)
            .then(() => "waits"),
        ]);
      })
      .toBe("waits");
    expect(await call(10)).toEqual(Array(10).fill("PLATFORM_UNAVAILABLE at once"));
    expect(fault.received).toHaveLength(6);
    fault.behave(up);
    release();
    expect(await probe).toBe("created");
    expect(await call(3)).toEqual(Array(3).fill("created"));
    expect([...new Set(states)]).toEqual(["open", "halfOpen", "closed"]);
  });

  it("is left alone again when the probe fails", async () => {
    fault.behave(down);
    await call(5);
    await expect.poll(outcome).toBe("PLATFORM_UNAVAILABLE");
    expect(await call(5)).toEqual(Array(5).fill("PLATFORM_UNAVAILABLE at once"));
    expect(fault.received).toHaveLength(6);
  });
});

describe("a platform that fails again", () => {
  it("is left alone as soon as before, however many calls failed at once meanwhile", async () => {
    fault.behave(down);
    await call(5);
    await Promise.all(Array.from({ length: 500 }, outcome));
    fault.behave(up);
    await expect.poll(outcome).toBe("created");
    fault.behave(down);
    const before = fault.received.length;
    await call(20);
    expect(fault.received.length - before).toBeLessThanOrEqual(5);
  });
});

describe("the calls for a session's clients", () => {
  const [sessionId, now] = [newSessionId(API_KEY), new Date()];

  it("share the circuit with the creation of sessions, both ways", async () => {
    fault.behave(down);
    for (let n = 0; n < 5; n++) await expect(platform.connections(sessionId, now)).rejects.toThrow("503");
    expect(await call(1)).toEqual(["PLATFORM_UNAVAILABLE at once"]);
    await expect(platform.disconnect(sessionId, "c", now)).rejects.toThrow("are paused");
    expect(fault.received).toHaveLength(5);
    fault.behave(up);
    await expect.poll(outcome).toBe("created");
    fault.behave(answer(204, "text/plain", ""));
    await platform.disconnect(sessionId, "c", now);
  });

  it("do not open it by what the platform does not find", async () => {
    fault.behave(refuse(404, "Not found"));
    for (let n = 0; n < 10; n++) {
      expect(await platform.connections(sessionId, now)).toEqual([]);
      await expect(platform.disconnect(sessionId, "c", now)).rejects.toThrow(NotInSession);
    }
    expect(states).toEqual([]);
  });
});

it("is left alone when it hangs, too: what waits gets its error, what comes then fails at once", async () => {
  fault.behave(hang);
  const waiting = await Promise.all(Array.from({ length: 20 }, outcome));
  expect(waiting).toEqual(Array(20).fill("PLATFORM_UNAVAILABLE"));
  expect(await call(20)).toEqual(Array(20).fill("PLATFORM_UNAVAILABLE at once"));
  expect(fault.received).toHaveLength(20);
});

it("says what was wrong at last, and whether trying again helps", async () => {
  fault.behave(answer(200, "text/html", "<html></html>"));
  await call(5);
  await expect(platform.createSession(sessionOptions({}), new Date())).rejects.toMatchObject({
    message: expect.stringMatching(/are paused.*check OPENTOK_API_URL/),
    extensions: { code: "PLATFORM_UNAVAILABLE", retryable: false },
  });
  const refusal = await platform.createSession(sessionOptions({}), new Date()).catch((error) => error);
  expect(refusal.extensions).not.toHaveProperty("retryAfterSeconds");
});

describe("a platform that is there", () => {
  it("is used again when it refuses the probe", async () => {
    fault.behave(down);
    await call(5);
    fault.behave(refuse(403, "Invalid signature"));
    await expect.poll(outcome).toBe("PLATFORM_REJECTED");
    expect(await call(5)).toEqual(Array(5).fill("PLATFORM_REJECTED"));
  });

  it("is not left alone for refusing", async () => {
    fault.behave(refuse(403, "Invalid signature"));
    expect(await call(20)).toEqual(Array(20).fill("PLATFORM_REJECTED"));
    expect(fault.received).toHaveLength(20);
  });

  it("is not left alone for limiting those who ask too often", async () => {
    fault.behave(refuse(429, "Slow down"));
    expect(await call(20)).toEqual(Array(20).fill("RATE_LIMITED"));
    expect(fault.received).toHaveLength(20);
    fault.behave(up);
    expect(await call(3)).toEqual(Array(3).fill("created"));
    expect(states).toEqual([]);
  });

  it("is used again when it limits the probe", async () => {
    fault.behave(down);
    await call(5);
    fault.behave(refuse(429, "Slow down"));
    await expect.poll(outcome).toBe("RATE_LIMITED");
    fault.behave(up);
    expect(await call(5)).toEqual(Array(5).fill("created"));
  });

  it("is not left alone for failing now and then", async () => {
    let count = 0;
    fault.behave((...args) => (count++ % 4 === 0 ? down : up)(...args));
    expect(new Set(await call(40))).toEqual(new Set(["created", "PLATFORM_UNAVAILABLE"]));
    expect(fault.received).toHaveLength(40);
  });
});
