import diagnostics from "node:diagnostics_channel";
import { describe, expect, it, type TestContext } from "vitest";
import { API_KEY, APPLICATION_ID } from "../support/credentials.ts";
import {
  answer,
  answerJson,
  answerSession,
  answerSessionXml,
  type Behaviour,
  drip,
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
import { serverForTest, type TestServer } from "../support/server.ts";

/** The deadline of a call, in milliseconds; the second where the platform does not answer: longer than a byte of `drip` takes. */
const TIMEOUT = 10_000;
const SHORT_TIMEOUT = 1200;

const CREATE = "mutation { createSession { sessionId applicationId mediaMode createdAt } }";

/** The servers' clock, which stands still: how far it is ahead must not depend on how long the tests take. */
const NOW = new Date("2026-11-24T12:00:00Z");

/** A Stagepass server whose platform is the fault server. */
async function start(platform: string, url: string, { onTestFinished }: TestContext, timeout = TIMEOUT) {
  const env = {
    PLATFORM: platform,
    OPENTOK_API_URL: url,
    VONAGE_API_URL: url,
    PLATFORM_TIMEOUT_MS: String(timeout),
  };
  return serverForTest(env, () => NOW, onTestFinished);
}

async function startBoth(platform: string, behaviour: Behaviour, context: TestContext, timeout?: number) {
  const fault = await startFaultServer(behaviour);
  context.onTestFinished(() => fault.close());
  return { fault, server: await start(platform, fault.url, context, timeout) };
}

/** Asks for a session, which fails, in time, and leaves nothing behind; and tokens are generated all the same. */
async function failure(server: TestServer, owner: string, timeout = TIMEOUT) {
  const begin = performance.now();
  const { data, errors } = await server.graphql(CREATE);
  expect(performance.now() - begin).toBeLessThan(timeout + 200 + SLACK);
  expect([data, errors.length]).toEqual([{ createSession: null }, 1]);
  const { data: list } = await server.graphql("{ sessions { nodes { id } } }");
  expect(list.sessions.nodes).toEqual([]);
  const { data: other } = await server.graphql(
    `mutation { generateToken(sessionId: "${newSessionId(owner)}") { token } }`,
  );
  expect(other.generateToken.token).toMatch(/^eyJ/);
  return errors[0];
}

const FOREIGN = "99999999";
const html = "<!DOCTYPE html><html><body><h1>It works!</h1></body></html>";
const inThePast = { date: new Date(NOW.getTime() - 90_000).toUTCString() };

describe.each([
  ["opentok", API_KEY, "OPENTOK_API_KEY", "OPENTOK_API_SECRET"],
  ["vonage", APPLICATION_ID, "VONAGE_APPLICATION_ID", "VONAGE_PRIVATE_KEY"],
])("createSession on %s", (platform, owner, id, key) => {
  it.concurrent.for<[string, (sessionId: string) => Behaviour]>([
    ["JSON", (sessionId) => answerSession(sessionId, owner)],
    ["XML", (sessionId) => answerSessionXml(sessionId, owner)],
    ["JSON that says nothing else", (sessionId) => answerJson(200, [{ session_id: sessionId }])],
  ])(
    "answers with the session that the platform made, and registers it: %s",
    async ([, behaviour], context) => {
      const sessionId = newSessionId(owner);
      const { fault, server } = await startBoth(platform, behaviour(sessionId), context);
      const { data, errors } = await server.graphql(CREATE);
      expect(errors).toEqual([]);
      expect(data.createSession).toMatchObject({ sessionId, applicationId: owner, mediaMode: "RELAYED" });
      const read = await server.graphql(`{ session(sessionId: "${sessionId}") { mediaMode createdAt } }`);
      expect(read.data.session).toEqual({ mediaMode: "RELAYED", createdAt: data.createSession.createdAt });
      expect(fault.received).toHaveLength(1);
    },
  );

  const refusals: [string, string, RegExp, Record<string, string>?][] = [
    ["an unknown key", "Issuer not found", new RegExp(id)],
    ["a wrong secret", "Invalid signature", new RegExp(key)],
    [
      "a clock that is ahead",
      "issued time cannot be greater than current time",
      /clock is ahead of the platform's by 90 seconds/,
      inThePast,
    ],
    ["an unreadable token", "Invalid token format", new RegExp(key)],
    [
      "the other environment's credentials",
      "No suitable authentication found",
      /other environment.*PLATFORM/,
    ],
  ];

  it.concurrent.for<[string, Behaviour, string, RegExp]>([
    ...refusals.flatMap(([name, reason, advice, headers]): [string, Behaviour, string, RegExp][] => [
      [name, refuse(403, reason, headers), reason, advice],
      [`${name}, in XML`, refuseXml(403, reason, headers), reason, advice],
    ]),
    ["an option", refuse(400, "Invalid archive mode"), "Invalid archive mode", /check the options/],
    [
      "a problem document",
      answerJson(401, { title: "Unauthorized", detail: "Bad JWT" }),
      "Bad JWT",
      new RegExp(key),
    ],
    ["an error in a 200", refuse(200, "Session creation failed"), "Session creation failed", /options/],
  ])(
    "passes on why the platform refuses, and what to do: %s",
    async ([, behaviour, reason, advice], context) => {
      const { fault, server } = await startBoth(platform, behaviour, context);
      const error = await failure(server, owner);
      expect(error.extensions).toEqual({ code: "PLATFORM_REJECTED", retryable: false, reason });
      expect(error.message).toMatch(advice);
      expect(fault.received).toHaveLength(1);
      expect(server.log()).toContainEqual(expect.objectContaining({ code: "PLATFORM_REJECTED", reason }));
    },
  );

  it.concurrent.for<[string, Record<string, string>, number]>([
    ["nothing", {}, 1],
    ["0 seconds", { "retry-after": "0" }, 1],
    ["1 second", { "retry-after": "1" }, 1],
    ["30 seconds", { "retry-after": "30" }, 30],
    ["an hour", { "retry-after": "3600" }, 3600],
    ["longer", { "retry-after": "3601" }, 3600],
    ["a number beyond all", { "retry-after": "9".repeat(400) }, 3600],
    ["a date", { "retry-after": new Date(NOW.getTime() + 90_000).toUTCString() }, 90],
    ["a date that has passed", { "retry-after": inThePast.date }, 1],
    ["a date that is far away", { "retry-after": "Fri, 31 Dec 2027 23:59:59 GMT" }, 3600],
    ["neither", { "retry-after": "soon" }, 1],
  ])(
    "passes on a limit of the platform's, with Retry-After: %s",
    async ([, headers, retryAfterSeconds], context) => {
      const { fault, server } = await startBoth(platform, refuse(429, "Slow down", headers), context);
      const error = await failure(server, owner);
      expect(error.extensions).toEqual({ code: "RATE_LIMITED", retryable: true, retryAfterSeconds });
      expect(error.message).toBe(
        `The platform limits this project, and did not create a session; try again in ${retryAfterSeconds} seconds`,
      );
      expect(fault.received).toHaveLength(1);
    },
  );

  it.concurrent.for<[string, boolean, Behaviour]>([
    ["500 with an empty body", true, answer(500, "text/plain", "")],
    ["503 with an empty body", true, answer(503, "text/plain", "")],
    ["500 with a reason", true, refuse(500, "Internal error")],
    ["425", true, refuse(425, "Too early")],
    ["a reset instead of an answer", true, resetAtOnce],
    ["a reset in mid-body", true, resetInMidBody],
    ["HTML with 200", false, answer(200, "text/html", html)],
    ["HTML with 403", false, answer(403, "text/html", html)],
    ["nothing with 200", false, answer(200, "application/json", "")],
    ["nothing with 403", false, answer(403, "application/json", "")],
    ["an empty list", false, answerJson(200, [])],
    ["a session without an ID", false, answerJson(200, [{ session_id: null }])],
    ["a session whose ID is none", false, answerJson(200, [{ session_id: "1_!!" }])],
    ["JSON that is cut off", false, answer(200, "application/json", '[{"session_id":"1_MX4')],
    ["a session in a 201", false, answerJson(201, [{ session_id: newSessionId(owner) }])],
    ["a timeout of a proxy's", true, refuse(408, "Request Timeout")],
    ["a wrong path", false, refuse(404, "Not Found")],
    [
      "a page with a message in it",
      false,
      answer(200, "text/html", "<?xml version='1.0'?><html><message>x</message></html>"),
    ],
    ["a reason of nothing but space", false, refuse(403, "  ")],
    ["a redirection", false, answer(302, "text/html", "", { location: "http://127.0.0.1:9/" })],
    ["a session ID that is cut off", false, answerSession(newSessionId(owner).slice(0, -2), owner)],
    ["another project's session", false, answerSession(newSessionId(FOREIGN), FOREIGN)],
    ["another project's session, in XML", false, answerSessionXml(newSessionId(FOREIGN), FOREIGN)],
    [
      "a session of a project whose ID only contains ours",
      false,
      answerSession(newSessionId(`9${owner}`), owner),
    ],
    [
      "a session ID with something after it",
      false,
      answerJson(200, [{ session_id: `${newSessionId(owner)}\n` }]),
    ],
  ])(
    "is unavailable, within the deadline, on %s (retryable: %s)",
    async ([, retryable, behaviour], context) => {
      const { fault, server } = await startBoth(platform, behaviour, context);
      const error = await failure(server, owner);
      expect(error.extensions).toEqual({ code: "PLATFORM_UNAVAILABLE", retryable });
      expect(fault.received).toHaveLength(1);
      expect(server.log()).toContainEqual(expect.objectContaining({ code: "PLATFORM_UNAVAILABLE" }));
    },
  );

  it("cuts off an answer of 64 MB", async (context) => {
    let sent = 0;
    const behaviour = flood((bytes) => {
      sent = bytes;
    });
    const { fault, server } = await startBoth(platform, behaviour, context);
    const error = await failure(server, owner);
    expect(error.extensions).toEqual({ code: "PLATFORM_UNAVAILABLE", retryable: false });
    expect(fault.received).toHaveLength(1);
    await expect.poll(() => sent).toBeGreaterThan(0);
    // What fills the sockets' buffers is sent, though nobody reads it.
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it.concurrent.for<[string, Behaviour]>([
    ["silence", hang],
    ["headers, then silence", fallSilent],
    ["one byte a second", drip],
  ])("is unavailable at the deadline, on %s", async ([, behaviour], context) => {
    const { fault, server } = await startBoth(platform, behaviour, context, SHORT_TIMEOUT);
    const error = await failure(server, owner, SHORT_TIMEOUT);
    expect(error.extensions).toEqual({ code: "PLATFORM_UNAVAILABLE", retryable: true });
    expect(fault.received).toHaveLength(1);
    expect(server.log()).toContainEqual(expect.objectContaining({ code: "PLATFORM_UNAVAILABLE" }));
  });

  /** The ports that connections were tried to while `act` ran. */
  async function connectionsDuring(act: () => Promise<unknown>) {
    const ports: string[] = [];
    const note = (message: unknown) => {
      ports.push((message as { connectParams: { port: string } }).connectParams.port);
    };
    diagnostics.subscribe("undici:client:beforeConnect", note);
    try {
      await act();
    } finally {
      diagnostics.unsubscribe("undici:client:beforeConnect", note);
    }
    return ports;
  }

  it("tries twice, and no more, where the connection is refused", async (context) => {
    const fault = await startFaultServer();
    await fault.close();
    const server = await start(platform, fault.url, context);
    const ports = await connectionsDuring(async () => {
      const error = await failure(server, owner);
      expect(error.extensions).toEqual({ code: "PLATFORM_UNAVAILABLE", retryable: true });
      expect(error.message).toContain("ECONNREFUSED");
    });
    expect(ports.filter((port) => port === String(fault.port))).toHaveLength(2);
  });

  it("is unavailable, within the deadline, where the host has no address", async (context) => {
    const server = await start(platform, "https://no-such-host.invalid", context);
    const error = await failure(server, owner);
    expect(error.extensions).toEqual({ code: "PLATFORM_UNAVAILABLE", retryable: true });
  });

  it("says nothing of the credentials when the platform repeats them", async (context) => {
    const { server } = await startBoth(
      platform,
      (response, { headers }) => {
        const auth = String(headers["x-opentok-auth"] ?? headers.authorization);
        refuse(403, `Invalid token: ${auth}`)(response, { headers } as never);
      },
      context,
    );
    const { message, extensions } = await failure(server, owner);
    expect(extensions.reason).toMatch(/^Invalid token: .*eyJ\S{0,13}…$/);
    const log = JSON.stringify(server.log());
    expect(log + message).not.toMatch(/eyJ[\w-]{20}/);
  });
});
