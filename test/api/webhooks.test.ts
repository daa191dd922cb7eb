import { createHmac, createSecretKey, generateKeyPairSync } from "node:crypto";
import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { DatabaseUnavailable } from "../../src/errors.ts";
import { WEBHOOK_BODY_LIMIT, WEBHOOKS_IN_FLIGHT } from "../../src/http/webhooks.ts";
import { APPLICATION_ID, PROJECT } from "../support/credentials.ts";
import { newSessionId } from "../support/fault-server.ts";
import { DATA, joined, startIntake } from "../support/intake.ts";
import { sendWebhook, signedWebhook, WEBHOOK_SECRET } from "../support/room-events.ts";
import { serverForTest } from "../support/server.ts";

const PATH = "/webhooks/session-monitoring";
const NOW = Date.now();
const key = createSecretKey(WEBHOOK_SECRET, "utf8");

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A JWT with the platform's claims for `body`, and others. */
function withClaims(body: string, claims: object): string {
  const [, payload = ""] = signedWebhook(body).split(".");
  const given = JSON.parse(Buffer.from(payload, "base64url").toString());
  const content = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ ...given, ...claims })}`;
  return `${content}.${createHmac("sha256", key).update(content).digest("base64url")}`;
}

describe("an event of the platform", () => {
  it("is answered with 204 when it is stored, as often as it comes", async () => {
    const { origin, events, turns } = await startIntake();
    const body = joined();
    const headers = bearer(signedWebhook(body));
    for (const _ of [1, 2]) {
      const response = await sendWebhook(origin, body, headers);
      expect([response.status, await response.text()]).toEqual([204, ""]);
    }
    const { projectId, ...event } = JSON.parse(body);
    expect(events).toEqual([event, event]);
    expect(turns).toEqual(["webhooks", "webhooks"]);
  });

  it("is ignored when it is unknown", async () => {
    const { origin, events } = await startIntake();
    expect((await sendWebhook(origin, joined({ event: "sipCallCreated" }))).status).toBe(204);
    expect(events).toEqual([]);
  });

  it("is not accepted before it is stored: a database that is away is a 503, and it can come again", async () => {
    let isAway = true;
    const stored: unknown[] = [];
    const { origin, log } = await startIntake({
      participants: {
        async apply(events) {
          if (isAway) throw new DatabaseUnavailable("canary host does not answer");
          stored.push(...events);
        },
      },
    });
    const body = joined();
    const refused = await sendWebhook(origin, body);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(await refused.json()).toMatchObject({
      errors: [{ extensions: { code: "DATABASE_UNAVAILABLE" } }],
    });
    isAway = false;
    expect((await sendWebhook(origin, body)).status).toBe(204);
    expect(stored).toHaveLength(1);
    await expect
      .poll(log)
      .toContainEqual(expect.objectContaining({ status: 503, reason: "canary host does not answer" }));
  });
});

describe("refused, with its reason in the log and nothing stored", () => {
  const body = joined();
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const others = joined({ sessionId: newSessionId("87654321") });
  const notUtf8 = Buffer.concat([Buffer.from(body.slice(0, -2)), Buffer.from([0xff]), Buffer.from("}}")]);
  const big = joined({ more: "a".repeat(WEBHOOK_BODY_LIMIT) });
  const at = (milliseconds: number) => bearer(signedWebhook(body, WEBHOOK_SECRET, new Date(milliseconds)));
  const jwt = (reason: string) => `The JWT of the webhook is not valid: ${reason}`;
  const media = "The body must be JSON; send content-type: application/json";

  type Case = [string, string | Buffer, Record<string, string | undefined>, number, string];
  it.each<Case>([
    [
      "no JWT",
      body,
      { authorization: undefined },
      401,
      "Send the header Authorization: Bearer with the JWT of the webhook",
    ],
    [
      "another scheme",
      body,
      { authorization: `Basic ${signedWebhook(body)}` },
      401,
      "Send the header Authorization: Bearer with the JWT of the webhook",
    ],
    [
      "a forged JWT",
      body,
      bearer(signedWebhook(body, "another")),
      401,
      jwt("it was not signed with WEBHOOK_SECRET"),
    ],
    ["no signature", body, bearer("canary"), 401, jwt("it is not a well-formed JSON Web Token")],
    [
      "the algorithm none",
      body,
      bearer(`${encode({ alg: "none" })}.${encode({})}.${encode(1)}`),
      401,
      jwt("its algorithm is not HS256"),
    ],
    ["an old JWT", body, at(NOW - 400_000), 401, jwt("it is more than 300 seconds old")],
    ["a JWT of the future", body, at(NOW + 400_000), 401, jwt("its iat is more than 300 seconds ahead")],
    [
      "a huge JWT",
      body,
      bearer(withClaims(body, { more: "a".repeat(4000) })),
      401,
      jwt("it has more than 4096 characters"),
    ],
    [
      "the JWT of another body",
      body,
      bearer(signedWebhook(`${body} `)),
      401,
      "The body does not have the payload_hash of the webhook's JWT",
    ],
    ["another project's session", others, {}, 403, "The session of the event belongs to another project"],
    [
      "a malformed session",
      joined({ sessionId: "1_canary" }),
      {},
      403,
      "The session of the event belongs to another project",
    ],
    ["a large body", big, {}, 413, "The body has more than 64 KB"],
    ["a form", body, { "content-type": "application/x-www-form-urlencoded" }, 415, media],
    [
      "a compressed body",
      gzipSync(body),
      { "content-encoding": "gzip" },
      415,
      "The body must not be compressed; send it without content-encoding",
    ],
    ["a body that is not UTF-8", notUtf8, {}, 400, "The body is not valid UTF-8"],
    ["a body that is not JSON", "{canary", {}, 400, "The body is not JSON"],
    ["an empty body", "", {}, 400, "The body is not JSON"],
    ["an array", `[${body}]`, {}, 400, "body must be an object"],
    ["no connection", joined({ connection: null }), {}, 400, "connection must be an object"],
  ])("%s", async (_, sent, headers, status, reason) => {
    const { origin, events, log, turns } = await startIntake();
    const response = await sendWebhook(origin, sent, headers);
    const text = await response.text();
    expect([response.status, JSON.parse(text).errors[0].message]).toEqual([status, reason]);
    expect(events).toEqual([]);
    await expect.poll(log).toEqual([expect.objectContaining({ path: PATH, status, reason, msg: "request" })]);
    const said = text + JSON.stringify(log());
    for (const secret of [DATA, WEBHOOK_SECRET, "eyJ"]) expect(said).not.toContain(secret);
    // A refusal of the headers needs no turn.
    const read = [413, 415].includes(status) ? [] : ["webhooks"];
    expect(turns).toEqual(log()[0]?.caller === undefined ? ["strangers"] : read);
  });

  it("RS256 with a key of its own", async () => {
    const { origin, events } = await startIntake();
    const token = await new SignJWT({ iss: "Vonage" }).setProtectedHeader({ alg: "RS256" }).sign(rsa);
    expect((await sendWebhook(origin, body, bearer(token))).status).toBe(401);
    expect(events).toEqual([]);
  });

  it("another application of Vonage", async () => {
    const { origin, events } = await startIntake({
      project: { environment: "vonage", applicationId: APPLICATION_ID },
    });
    const own = joined({ sessionId: newSessionId(APPLICATION_ID) });
    const send = (application_id: string) =>
      sendWebhook(origin, own, bearer(withClaims(own, { application_id })));
    expect((await send(APPLICATION_ID.replace("2", "3"))).status).toBe(401);
    expect(events).toEqual([]);
    expect((await send(APPLICATION_ID)).status).toBe(204);
    expect(events).toHaveLength(1);
  });

  it.each(["GET", "PUT", "DELETE", "OPTIONS"])("%s", async (method) => {
    const { origin } = await startIntake();
    const response = await fetch(origin + PATH, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  });
});

it("an unknown sender is refused before its body has come, and a large body, too", async () => {
  const { origin } = await startIntake();
  const statusOf = (headers: Record<string, string | number>) =>
    new Promise((resolve, reject) => {
      const sending = request(origin + PATH, { method: "POST", headers }, (response) => {
        resolve(response.statusCode);
        sending.destroy();
      });
      sending.on("error", reject);
      sending.flushHeaders();
    });
  const type = { "content-type": "application/json" };
  expect(await statusOf({ ...type, "content-length": 1000, ...bearer("a.b.c") })).toBe(401);
  const large = { ...type, "content-length": WEBHOOK_BODY_LIMIT + 1 };
  expect(await statusOf({ ...large, ...bearer(signedWebhook("")) })).toBe(413);
});

it("webhooks in flight have a limit of bytes, and are accepted again afterwards", async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let waiting = 0;
  const { origin } = await startIntake({
    participants: {
      async apply() {
        waiting += 1;
        await released;
      },
    },
  });
  const body = joined({ more: "a".repeat(60_000) });
  const most = Math.floor(WEBHOOKS_IN_FLIGHT.bytes / body.length);
  const sent = Array.from({ length: most }, () => sendWebhook(origin, body));
  await expect.poll(() => waiting, { timeout: 10_000 }).toBe(most);
  const refused = await sendWebhook(origin, body);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
  release();
  expect(new Set((await Promise.all(sent)).map(({ status }) => status))).toEqual(new Set([204]));
  await expect.poll(async () => (await sendWebhook(origin, body)).status).toBe(204);
});

describe("a server", () => {
  it("without a webhook secret has no such path", async () => {
    const server = await serverForTest({ PLATFORM: "opentok" });
    const response = await sendWebhook(server.origin, joined());
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("NOT_FOUND");
  });

  it("with the local platform has a secret of its own", async () => {
    const server = await serverForTest();
    expect((await sendWebhook(server.origin, joined())).status).toBe(401);
  });

  it("counts webhooks by event and outcome, apart from requests of callers", async () => {
    const server = await serverForTest({ METRICS_PORT: "0", WEBHOOK_SECRET });
    const read = async () => {
      const metrics = await (await fetch(server.metricsUrl ?? "")).text();
      return metrics
        .split("\n")
        .filter((line) => /^stagepass_(webhook_events|requests)_total\{.* [1-9]/.test(line));
    };
    expect((await sendWebhook(server.origin, joined())).status).toBe(204);
    await sendWebhook(server.origin, joined({ event: "canary" }));
    await sendWebhook(server.origin, joined(), bearer("canary"));
    await sendWebhook(server.origin, joined({ sessionId: newSessionId("87654321") }));
    await expect
      .poll(read)
      .toEqual([
        'stagepass_webhook_events_total{event="connectionCreated",outcome="APPLIED"} 1',
        'stagepass_webhook_events_total{event="other",outcome="IGNORED"} 1',
        'stagepass_webhook_events_total{event="none",outcome="UNAUTHENTICATED"} 1',
        'stagepass_webhook_events_total{event="connectionCreated",outcome="FORBIDDEN"} 1',
      ]);
    const said = JSON.stringify([server.log(), server.audit(), await read()]);
    for (const secret of [DATA, WEBHOOK_SECRET, "eyJ", "canary"]) expect(said).not.toContain(secret);
  });

  it("takes other secrets while it runs, but cannot lose them", async () => {
    const server = await serverForTest({ WEBHOOK_SECRET });
    const [next, WEBHOOK_SECRET_PREVIOUS] = ["the-next-canary-secret", WEBHOOK_SECRET];
    const config = (env: Record<string, string>) => parseConfig({ ...PROJECT, ...env });
    const body = joined();
    const status = async (secret: string) =>
      (await sendWebhook(server.origin, body, bearer(signedWebhook(body, secret)))).status;
    expect(await Promise.all([WEBHOOK_SECRET, next].map(status))).toEqual([204, 401]);
    const changes = { changed: false, authentication: false, webhooks: true };
    expect(server.rotate(config({ WEBHOOK_SECRET: next, WEBHOOK_SECRET_PREVIOUS }))).toEqual(changes);
    expect(await Promise.all([WEBHOOK_SECRET, next].map(status))).toEqual([204, 204]);
    expect(server.rotate(config({ WEBHOOK_SECRET: next }))).toEqual(changes);
    expect(server.rotate(config({ WEBHOOK_SECRET: next }))).toEqual({ ...changes, webhooks: false });
    expect(await Promise.all([WEBHOOK_SECRET, next].map(status))).toEqual([401, 204]);
    expect(() => server.rotate(config({}))).toThrow("WEBHOOK_SECRET: cannot be removed");
    expect(await status(next)).toBe(204);
  });
});
