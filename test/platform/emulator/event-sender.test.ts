import { createHash, createSecretKey } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { jwtVerify } from "jose";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { MonitoringEvent } from "../../../src/domain/monitoring-event.ts";
import { ProxyFailed } from "../../../src/errors.ts";
import {
  EventSender,
  LONGEST_PAUSE,
  MAX_ATTEMPTS_AT_ONCE,
  MAX_WAITING_EVENTS,
  type SenderOptions,
  TRIED_FOR,
} from "../../../src/platform/emulator/event-sender.ts";
import { signWebhook } from "../../../src/signing/webhook-signature.ts";
import { API_KEY } from "../../support/credentials.ts";
import { SESSION, START } from "../../support/rooms.ts";

const URL_OF_EVENTS = "http://events.example/canary-url";
const CANARY = "canary-data";

const event = (n: number): MonitoringEvent => ({
  sessionId: SESSION,
  projectId: API_KEY,
  event: "connectionCreated",
  timestamp: START.getTime(),
  connection: { id: `connection-${n}`, createdAt: n, data: CANARY },
});

type Attempt = (body: string, signal: AbortSignal) => Promise<Response>;

/** A sender whose attempts the test answers, on a clock that moves only in pauses. */
function testSender(attempt: Attempt, overrides: Partial<SenderOptions> = {}) {
  let now = START.getTime();
  const [pauses, attempts, lines]: [number[], { id: string; token: string }[], unknown[][]] = [[], [], []];
  const line =
    (name: string) =>
    (...words: unknown[]) =>
      void lines.push([name, ...words]);
  let signed = 0;
  const sender = new EventSender({
    sign: () => `token-${++signed}`,
    fetch: async (_, init) => {
      const body = String(init?.body);
      const token = new Headers(init?.headers).get("authorization") ?? "";
      attempts.push({ id: JSON.parse(body).connection.id, token });
      return attempt(body, init?.signal as AbortSignal);
    },
    now: () => new Date(now),
    pause: async (milliseconds) => {
      pauses.push(milliseconds);
      now += milliseconds;
    },
    listener: {
      onFailure: line("failure"),
      onRecovery: line("recovery"),
      onDropped: line("dropped"),
      onAccepted: line("accepted"),
    },
    ...overrides,
  });
  onTestFinished(() => sender.stop());
  return { sender, pauses, attempts, lines };
}

const accepted = () => Promise.resolve(new Response(null, { status: 204 }));
const refused = (status = 503) => Promise.resolve(new Response("canary-answer", { status }));
const never = (signal: AbortSignal) =>
  new Promise<Response>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
const forever = () => new Promise<void>(() => {});

describe("an event", () => {
  it("arrives as JSON with the platform's signature of these bytes", async () => {
    const received: { body: Buffer; headers: NodeJS.Dict<string | string[]>; method?: string }[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      received.push({ body: Buffer.concat(chunks), headers: request.headers, method: request.method });
      response.writeHead(204).end();
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await vi.waitFor(() => expect(server.listening).toBe(true));
    const { port } = server.address() as AddressInfo;

    const secret = createSecretKey("a webhook secret", "utf8");
    const { sender } = testSender(accepted, {
      fetch,
      sign: (body, now) => signWebhook(body, API_KEY, secret, now),
    });
    const events = [event(1), { ...event(2), reason: "é ☎ \u2028" } as MonitoringEvent];
    for (const each of events) sender.send(each);
    sender.sendTo(`http://127.0.0.1:${port}/events`);
    await vi.waitFor(() => expect(received).toHaveLength(2));

    const ids = new Set<unknown>();
    for (const { body, headers, method } of received) {
      expect(method).toBe("POST");
      expect(headers["content-type"]).toBe("application/json");
      expect(events).toContainEqual(JSON.parse(body.toString("utf8")));
      const token = /^Bearer (.+)$/.exec(String(headers.authorization))?.[1] ?? "";
      const { payload, protectedHeader } = await jwtVerify(token, secret, {
        algorithms: ["HS256"],
        currentDate: START,
      });
      expect(protectedHeader).toEqual({ alg: "HS256", typ: "JWT" });
      expect(payload).toEqual({
        iss: "Vonage",
        iat: Math.floor(START.getTime() / 1000),
        jti: expect.any(String),
        payload_hash: createHash("sha256").update(body).digest("hex"),
        api_key: API_KEY,
      });
      ids.add(payload.jti);
    }
    expect(ids.size).toBe(2);
  });

  it("waits until the URL is known, and keeps its place", async () => {
    const { sender, attempts } = testSender(accepted);
    for (let n = 0; n < 20; n++) sender.send(event(n));
    await Promise.resolve();
    expect(attempts).toEqual([]);
    sender.sendTo(URL_OF_EVENTS);
    await vi.waitFor(() => expect(attempts).toHaveLength(20));
    expect(attempts.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, n) => `connection-${n}`));
  });

  it("is tried after 5 seconds, doubling to 15 minutes, for 24 hours, with a new signature each time", async () => {
    const { sender, pauses, attempts, lines } = testSender(() => refused());
    sender.sendTo(URL_OF_EVENTS);
    sender.send(event(1));
    await vi.waitFor(() => expect(lines).toContainEqual(["dropped"]));
    expect(pauses.slice(0, 9)).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900].map((each) => each * 1000));
    expect(new Set(pauses.slice(8))).toEqual(new Set([LONGEST_PAUSE]));
    const total = pauses.reduce((sum, each) => sum + each, 0);
    expect(total).toBeLessThanOrEqual(TRIED_FOR);
    expect(total).toBeGreaterThan(TRIED_FOR - LONGEST_PAUSE);
    expect(attempts).toHaveLength(pauses.length + 1);
    expect(new Set(attempts.map(({ token }) => token)).size).toBe(attempts.length);
    expect(lines).toEqual([["failure", "it answered with status 503"], ["dropped"]]);
  });

  it("that fails does not hold up newer ones", async () => {
    const { sender, attempts } = testSender(
      (body) => (body.includes("connection-1") ? refused() : accepted()),
      {
        pause: forever,
      },
    );
    sender.sendTo(URL_OF_EVENTS);
    for (let n = 1; n <= 3 * MAX_ATTEMPTS_AT_ONCE; n++) sender.send(event(n));
    await vi.waitFor(() => expect(attempts).toHaveLength(3 * MAX_ATTEMPTS_AT_ONCE));
  });
});

describe("the bounds", () => {
  it("allow a few attempts at once", async () => {
    const open: ((answer: Response) => void)[] = [];
    const { sender, attempts } = testSender(() => new Promise((resolve) => open.push(resolve)));
    sender.sendTo(URL_OF_EVENTS);
    for (let n = 0; n < 2 * MAX_ATTEMPTS_AT_ONCE; n++) sender.send(event(n));
    expect(attempts).toHaveLength(MAX_ATTEMPTS_AT_ONCE);
    open[0]?.(await accepted());
    await vi.waitFor(() => expect(attempts).toHaveLength(MAX_ATTEMPTS_AT_ONCE + 1));
    for (const answer of open) answer(await accepted());
  });

  it("drop events when too many wait, and say so once", async () => {
    const { sender, attempts, lines } = testSender(accepted);
    for (let n = 0; n < MAX_WAITING_EVENTS + 3; n++) sender.send(event(n));
    expect(lines).toEqual([["dropped"]]);
    sender.sendTo(URL_OF_EVENTS);
    await vi.waitFor(() => expect(attempts).toHaveLength(MAX_WAITING_EVENTS), 20_000);
    await vi.waitFor(() => {
      sender.send(event(-1));
      expect(lines).toEqual([["dropped"], ["accepted", 3]]);
    });
    expect(attempts.some(({ id }) => id === `connection-${MAX_WAITING_EVENTS}`)).toBe(false);
  });

  it("count events between two attempts", async () => {
    const { sender, attempts, lines } = testSender(() => refused(), { pause: forever });
    for (let n = 0; n < MAX_WAITING_EVENTS; n++) sender.send(event(n));
    sender.sendTo(URL_OF_EVENTS);
    await vi.waitFor(() => expect(attempts).toHaveLength(MAX_WAITING_EVENTS), 20_000);
    sender.send(event(-1));
    expect(lines).toEqual([["failure", "it answered with status 503"], ["dropped"]]);
  });
});

describe("the listener", () => {
  it.each<[string, Attempt, string]>([
    ["a status", () => refused(401), "it answered with status 401"],
    ["a redirect", () => refused(307), "it answered with status 307"],
    [
      "a refused connection",
      () => Promise.reject(new TypeError("canary-error", { cause: { code: "ECONNREFUSED" } })),
      "it cannot be reached: ECONNREFUSED",
    ],
    [
      "a broken connection",
      () => Promise.reject(new TypeError("canary-error")),
      "it cannot be reached: the connection was lost",
    ],
    [
      "a proxy that fails",
      () => Promise.reject(new ProxyFailed("the proxy of HTTPS_PROXY answered with status 407", false)),
      "the proxy of HTTPS_PROXY answered with status 407",
    ],
  ])("hears once of %s, and of the recovery, without a URL or data", async (_, fails, reason) => {
    let failures = 5;
    const { sender, lines } = testSender((body, signal) =>
      failures-- > 0 ? fails(body, signal) : accepted(),
    );
    sender.sendTo(URL_OF_EVENTS);
    sender.send(event(1));
    await vi.waitFor(() => expect(lines).toContainEqual(["recovery"]));
    expect(lines).toEqual([["failure", reason], ["recovery"]]);
    expect(JSON.stringify(lines)).not.toMatch(/canary|token/);
  });
});

it("gives up an attempt after ten seconds", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const { sender, lines } = testSender((_, signal) => never(signal), { pause: forever });
  sender.sendTo(URL_OF_EVENTS);
  sender.send(event(1));
  await vi.advanceTimersByTimeAsync(9999);
  expect(lines).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(lines).toEqual([["failure", "it did not answer within 10000 ms"]]);
});

describe("a sender that stops", () => {
  it("ends its attempts and begins no others", async () => {
    const { sender, attempts, lines } = testSender((_, signal) => never(signal));
    sender.sendTo(URL_OF_EVENTS);
    for (let n = 0; n < 2 * MAX_ATTEMPTS_AT_ONCE; n++) sender.send(event(n));
    await sender.stop();
    for (let n = 0; n <= MAX_WAITING_EVENTS; n++) sender.send(event(n));
    await Promise.resolve();
    expect(attempts).toHaveLength(MAX_ATTEMPTS_AT_ONCE);
    expect(lines).toEqual([]);
  });

  it("ends its pauses without another attempt", async () => {
    const wakes: (() => void)[] = [];
    const pause = () => new Promise<void>((resolve) => wakes.push(resolve));
    const { sender, attempts } = testSender(() => refused(), { pause });
    sender.sendTo(URL_OF_EVENTS);
    sender.send(event(1));
    await vi.waitFor(() => expect(wakes).toHaveLength(1));
    await sender.stop();
    wakes[0]?.();
    await Promise.resolve();
    expect(attempts).toHaveLength(1);
  });
});
