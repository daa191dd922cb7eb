import { createHash } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { newApiKey } from "../../src/access/api-key.ts";
import { SCOPES } from "../../src/access/scope.ts";
import { parseConfig } from "../../src/config/config.ts";
import { MAX_PER_SOCKET } from "../../src/http/subscription-counts.ts";
import { MESSAGES_PER_SECOND } from "../../src/http/subscription-socket.ts";
import { MAX_MESSAGE } from "../../src/http/subscription-sockets.ts";
import { openDatabase } from "../../src/store/database.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { LONG } from "../support/long.ts";
import { type Guest, joins, leaves, publishes, send, WEBHOOK_SECRET } from "../support/room-events.ts";
import { serverForTest, startServer, type TestServer } from "../support/server.ts";
import { CHANGES, subscriberOf } from "../support/subscriber.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const WITH_JWTS = { WEBHOOK_SECRET, AUTH_JWT_SECRET: JWT_SECRET };
const bearer = (claims: object = EVERYTHING) => ({ authorization: `Bearer ${signedJwt(claims)}` });
let guests = 0;
const guestOf = (sessionId: string): Guest => {
  guests += 1;
  return { sessionId, connectionId: `guest-${guests}`, joinedAt: Date.now(), data: "canary-of-data" };
};

/** A session, made by whoever may. */
async function sessionOn(server: TestServer, env: object = {}): Promise<string> {
  const credential = "AUTH_JWT_SECRET" in env ? signedJwt(EVERYTHING) : undefined;
  const { data } = await server.graphql("mutation { createSession { sessionId } }", {}, credential);
  return data.createSession.sessionId;
}

/** A server, a session, and a subscription to it that has begun. */
async function listening(
  env: Record<string, string> = { WEBHOOK_SECRET },
  params: Record<string, unknown> = {},
) {
  const server = await serverForTest(env);
  const id = await sessionOn(server, env);
  const subscriber = subscriberOf(server.url, params);
  const heard = subscriber.subscribe(CHANGES, { id });
  await begun(server, heard, id);
  return { server, id, heard, ...subscriber };
}

/** Resolves when a subscription hears of a guest who joins. Without an answer to `subscribe`, it may take a few. */
async function begun(server: TestServer, heard: { results: unknown[] }, id: string): Promise<void> {
  await expect
    .poll(async () => {
      await send(server, [joins(guestOf(id))]);
      return heard.results.length;
    })
    .toBeGreaterThan(0);
  await sleep(0);
}

const idsOf = (results: { data: { participantChanged: { connectionId: string } } }[]) =>
  results.map(({ data }) => data.participantChanged.connectionId);

describe("a subscriber", () => {
  it("hears of each change within a second, with session, token and streams as they then are", async () => {
    const { server, id, heard } = await listening();
    const guest = guestOf(id);
    const begin = performance.now();
    await send(server, [joins(guest)]);
    await expect.poll(() => idsOf(heard.results)).toContain(guest.connectionId);
    expect(performance.now() - begin).toBeLessThan(1000);
    await send(server, [publishes(guest, "stream-1", Date.now())]);
    await expect
      .poll(() => heard.results.at(-1)?.data.participantChanged)
      .toMatchObject({
        id: `p_${guest.connectionId}`,
        leftAt: null,
        session: { id },
        token: null,
        streams: [{ id: "stream-1" }],
      });
    await send(server, [leaves(guest, Date.now() + 1)]);
    await expect
      .poll(() => heard.results.at(-1)?.data.participantChanged)
      .toMatchObject({ streams: [], leftAt: expect.any(String) });
  });

  it("hears nothing of another session", async () => {
    const { server, id, heard } = await listening();
    const [other, own] = [guestOf(await sessionOn(server)), guestOf(id)];
    await send(server, [joins(other)]);
    await send(server, [joins(own)]);
    await expect.poll(() => idsOf(heard.results)).toContain(own.connectionId);
    expect(idsOf(heard.results)).not.toContain(other.connectionId);
  });

  it("queries nothing after the last one has left", async () => {
    const { server, heard, sockets } = await listening();
    heard.stop();
    await heard.ended;
    sockets[0]?.close();
    const looks = () => server.log().filter(({ sql }) => String(sql).includes("change")).length;
    // What was read when it left.
    await sleep(300);
    const before = looks();
    expect(before).toBeGreaterThan(0);
    await sleep(600);
    expect(looks()).toBe(before);
  });
});

/** The code and the reason with which the server closes. */
async function closing({ sockets }: { sockets: WebSocket[] }): Promise<[number, string]> {
  await expect.poll(() => sockets.length).toBeGreaterThan(0);
  const [code, reason] = await once(sockets[0] as WebSocket, "close");
  return [code, String(reason)];
}

describe("a subscription whose client uses its ID again before it has begun", () => {
  it("ends with its socket", async () => {
    const { server, id, sockets } = await listening();
    const subscribe = { type: "subscribe", id: "1", payload: { query: CHANGES, variables: { id } } };
    for (let i = 0; i < 5; i++) {
      sockets[0]?.send(JSON.stringify(subscribe));
      sockets[0]?.send('{"type":"complete","id":"1"}');
    }
    sockets[0]?.send(JSON.stringify(subscribe));
    await sleep(300);
    sockets[0]?.close();
    await expect.poll(() => server.log().some(({ path, msg }) => msg === "socket" && path)).toBe(true);
    const looks = () => server.log().filter(({ sql }) => String(sql).includes("change")).length;
    await sleep(300);
    const before = looks();
    await sleep(600);
    expect(looks()).toBe(before);
  });
});

describe("authentication", () => {
  const expired = () => bearer({ ...EVERYTHING, exp: Math.floor(Date.now() / 1000) - 3600 });

  it.each([
    ["none", () => ({}), "connectionParams must have authorization (Bearer …) or x-api-key"],
    ["an expired JWT", expired, "The bearer token is not accepted: jwt expired"],
    [
      "a JWT of another secret",
      () => ({ authorization: "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x" }),
      "The bearer token is not accepted: invalid signature",
    ],
    [
      "an unknown API key",
      () => ({ "x-api-key": `${newApiKey().key}` }),
      "The API key is unknown or was revoked",
    ],
    [
      "no text",
      () => ({ authorization: 5 }),
      "connectionParams must have authorization (Bearer …) or x-api-key",
    ],
  ])("refuses %s with 4403, and logs no credential", async (_, params, reason) => {
    const server = await serverForTest(WITH_JWTS);
    const given = params();
    const subscriber = subscriberOf(server.url, given);
    const heard = subscriber.subscribe(CHANGES, { id: "x" });
    expect(await closing(subscriber)).toEqual([4403, reason]);
    expect(await heard.ended).toMatchObject({ code: 4403 });
    await expect
      .poll(() => server.log())
      .toContainEqual(expect.objectContaining({ msg: "socket", code: 4403, reason, path: "/graphql" }));
    const credential = String(Object.values(given)[0] ?? "none").replace("Bearer ", "");
    if (credential.length > 10) expect(JSON.stringify(server.log())).not.toContain(credential);
  });

  it.each(["authorization", "Authorization", "AUTHORIZATION"])("takes %s", async (name) => {
    const { server, sockets } = await listening(WITH_JWTS, { [name]: bearer().authorization });
    sockets[0]?.close();
    await expect
      .poll(() => server.log())
      .toContainEqual(expect.objectContaining({ msg: "socket", caller: 'jwt:[null,"everything"]' }));
  });

  it("closes with 4403 when the JWT expires", async () => {
    // With the leeway of 60 seconds, it has two left.
    const exp = Math.floor(Date.now() / 1000) - 58;
    const subscriber = await listening(WITH_JWTS, bearer({ ...EVERYTHING, exp }));
    expect(await closing(subscriber)).toEqual([4403, "The JWT has expired"]);
  });

  it("closes with 4403 within a second after the API key is revoked", async () => {
    const databaseUrl = `file:${join(temporaryFolder(), "db.sqlite")}`;
    const { store, keys } = await storeWithKeys(databaseUrl, 2);
    const [revoked, other] = keys;
    const server = await serverForTest({ WEBHOOK_SECRET, DATABASE_URL: databaseUrl });
    const first = subscriberOf(server.url, { "x-api-key": revoked?.key });
    const second = subscriberOf(server.url, { authorization: `Bearer ${other?.key}` });
    const { data } = await server.graphql("mutation { createSession { sessionId } }", {}, other?.key);
    const id = data.createSession.sessionId;
    await begun(server, first.subscribe(CHANGES, { id }), id);
    const heard = second.subscribe(CHANGES, { id });
    await begun(server, heard, id);
    const closed = closing(first);
    const begin = performance.now();
    await store.apiKeys.revoke(revoked?.id ?? "", new Date());
    expect(await closed).toEqual([4403, "The API key was revoked or has expired"]);
    expect(performance.now() - begin).toBeLessThan(1500);
    expect(second.sockets[0]?.readyState).toBe(WebSocket.OPEN);
  });

  it("checks every credential again when the rules are reloaded", async () => {
    const subscriber = await listening(WITH_JWTS, bearer());
    const closed = closing(subscriber);
    subscriber.server.rotate(configOf({ ...WITH_JWTS, AUTH_JWT_SECRET: "0Mb5wTq8PzC2nXv7LrJ4kYd9HsGf3AeU" }));
    expect(await closed).toEqual([4403, "The bearer token is not accepted: invalid signature"]);
  });
});

const configOf = (env: Record<string, string>) =>
  parseConfig({
    PLATFORM: "local",
    OPENTOK_API_KEY: API_KEY,
    OPENTOK_API_SECRET: API_SECRET,
    DATABASE_URL: ":memory:",
    ...env,
  });

/** A database with API keys that may do everything. */
async function storeWithKeys(databaseUrl: string, count: number) {
  const config = parseConfig({ PLATFORM: "local", DATABASE_URL: databaseUrl });
  const database = await openDatabase(config.database);
  const store = sqlStore(database, { onChange() {}, onCommit() {} } as never);
  onTestFinished(() => store.close());
  const keys = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const key = newApiKey();
      const claims = { scope: SCOPES.join(" "), video_grant: EVERYTHING.video_grant };
      await store.apiKeys.add({ ...key, name: `key-${i}`, claims, createdAt: new Date(), revokedAt: null });
      return key;
    }),
  );
  return { store, keys };
}

describe("the policy", () => {
  const refusals: [string, object, (own: string) => string, object][] = [
    [
      "without the scope",
      { scope: "sessions:read" },
      (own) => own,
      { code: "FORBIDDEN", requiredScope: "participants:read" },
    ],
    [
      "beyond the grant",
      { video_grant: { sessions: ["1_MX4xMjM0NX5-fg"] } },
      (own) => own,
      { code: "FORBIDDEN" },
    ],
    [
      "another project's session",
      {},
      () => "1_MX4xMjM0NX5-fg",
      { code: "SESSION_NOT_FOUND", argument: "sessionId" },
    ],
  ];
  it.each(refusals)("refuses %s, with a typed error", async (_, claims, sessionOf, extensions) => {
    const server = await serverForTest(WITH_JWTS);
    const id = sessionOf(await sessionOn(server, WITH_JWTS));
    const { subscribe } = subscriberOf(server.url, bearer({ ...EVERYTHING, ...claims }));
    const heard = subscribe(CHANGES, { id });
    expect(await heard.ended).toMatchObject([{ extensions: { retryable: false, ...extensions } }]);
  });

  it("decides on every event, with the rules of now", async () => {
    const { server, id, heard } = await listening(WITH_JWTS, bearer());
    server.rotate(configOf({ ...WITH_JWTS, AUTH_SCOPE_PREFIX: "video/" }));
    await send(server, [joins(guestOf(id))]);
    expect(await heard.ended).toBeNull();
    expect(heard.results.at(-1)).toMatchObject({
      data: null,
      errors: [{ extensions: { code: "FORBIDDEN", requiredScope: "participants:read" } }],
    });
  });
});

describe("an operation", () => {
  it.each([
    ["a query", "{ __typename }", {}, "BAD_REQUEST", /send queries and mutations by POST/],
    [
      "a mutation",
      "mutation { createSession { id } }",
      {},
      "BAD_REQUEST",
      /send queries and mutations by POST/,
    ],
    ["what is no document", "subscription {", {}, "GRAPHQL_PARSE_FAILED", /^Syntax Error/],
    ["an unknown field", "subscription { nothing }", {}, "GRAPHQL_VALIDATION_FAILED", /^Cannot query field/],
    [
      "a condition at its root",
      "subscription ($id: ID!) { ...F @skip(if: true) } fragment F on Subscription { participantChanged(sessionId: $id) { id } }",
      { id: "x" },
      "GRAPHQL_VALIDATION_FAILED",
      /must not have @skip at its root/,
    ],
    [
      "two root fields",
      `subscription ($id: ID!) { a: participantChanged(sessionId: $id) { id } b: participantChanged(sessionId: $id) { id } }`,
      { id: "x" },
      "GRAPHQL_VALIDATION_FAILED",
      /only one/,
    ],
    ["no variable", CHANGES, {}, "BAD_USER_INPUT", /\$id/],
    ["too many tokens", `subscription { ${"a ".repeat(1100)} }`, {}, "GRAPHQL_PARSE_FAILED", /1000 tokens/],
    [
      "too high a cost",
      `subscription ($id: ID!) { participantChanged(sessionId: $id) { session { ${Array.from({ length: 10 }, (_, i) => `a${i}: issuedTokens(first: 100) { nodes { id session { id } } }`).join(" ")} } } }`,
      { id: "x" },
      "GRAPHQL_VALIDATION_FAILED",
      /costs/,
    ],
  ])("is refused: %s", async (_, query, variables, code, message) => {
    const server = await serverForTest();
    const { subscribe } = subscriberOf(server.url);
    expect(await subscribe(query, variables).ended).toMatchObject([
      { message: expect.stringMatching(message), extensions: { code, retryable: false } },
    ]);
  });

  it("by POST is refused with 400, and says where to send it", async () => {
    const server = await serverForTest();
    const { status, errors } = await server.graphql(CHANGES, { id: "x" });
    expect([status, errors[0].extensions.code]).toEqual([400, "BAD_REQUEST"]);
    expect(errors[0].message).toMatch(/WebSocket/);
  });

  it("must be a trusted document if these are enforced", async () => {
    const manifest = join(temporaryFolder(), "manifest.json");
    const hash = createHash("sha256").update(CHANGES).digest("hex");
    writeFileSync(manifest, JSON.stringify({ [hash]: CHANGES }));
    const env = { WEBHOOK_SECRET, TRUSTED_DOCUMENTS: "enforce", TRUSTED_DOCUMENTS_MANIFEST: manifest };
    const server = await serverForTest(env);
    const { subscribe } = subscriberOf(server.url);
    const other = subscribe(CHANGES.replace("leftAt", ""), { id: "x" });
    expect(await other.ended).toMatchObject([{ extensions: { code: "QUERY_NOT_IN_SAFELIST" } }]);
    const byId = subscribe(
      "",
      { id: "x" },
      { extensions: { persistedQuery: { version: 1, sha256Hash: hash } } },
    );
    expect(await byId.ended).toMatchObject([{ extensions: { code: "SESSION_NOT_FOUND" } }]);
  });
});

describe("a limit", () => {
  it("of sockets for each caller: clients try again later", async () => {
    const server = await serverForTest({ ...WITH_JWTS, MAX_CONNECTIONS_PER_CALLER: "2" });
    const id = await sessionOn(server, WITH_JWTS);
    const other = subscriberOf(server.url, bearer({ ...EVERYTHING, sub: "other" }));
    const clients = [1, 2].map(() => subscriberOf(server.url, bearer({ ...EVERYTHING, sub: "many" })));
    for (const { subscribe } of clients) await begun(server, subscribe(CHANGES, { id }), id);
    const third = subscriberOf(server.url, bearer({ ...EVERYTHING, sub: "many" }));
    third.subscribe(CHANGES, { id });
    expect(await closing(third)).toEqual([1013, expect.stringMatching(/^Too many connections/)]);
    await begun(server, other.subscribe(CHANGES, { id }), id);
  });

  it("of subscriptions for each socket", async () => {
    const { id, subscribe } = await listening();
    const more = Array.from({ length: MAX_PER_SOCKET }, () => subscribe(CHANGES, { id }));
    const extensions = { code: "RATE_LIMITED", retryable: true };
    expect(await more.at(-1)?.ended).toMatchObject([{ extensions }]);
    more[0]?.stop();
    await more[0]?.ended;
    const again = subscribe(CHANGES, { id });
    subscribe(CHANGES, { id });
    expect(await Promise.race([again.ended, sleep(300)])).toBeUndefined();
  });

  it("of messages in a second", async () => {
    const { sockets, ...others } = await listening();
    const closed = closing({ sockets });
    for (let i = 0; i <= MESSAGES_PER_SECOND * 2; i++) sockets[0]?.send('{"type":"ping"}');
    expect((await closed)[0]).toBe(1008);
    expect(others.server.log().filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  it("of messages that only servers send: the client is at fault, not the server", async () => {
    const { server, sockets } = await listening();
    const closed = closing({ sockets });
    for (let i = 0; i < 10; i++) sockets[0]?.send('{"type":"connection_ack"}');
    expect(await closed).toEqual([4400, "Clients must not send messages of this type"]);
    expect(server.log().filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  it("of the length of a message", async () => {
    const { sockets } = await listening();
    const closed = closing({ sockets });
    sockets[0]?.send("x".repeat(MAX_MESSAGE + 1));
    expect((await closed)[0]).toBe(1009);
  });

  it("of the time until connection_init", async () => {
    const server = await serverForTest();
    const socket = new WebSocket(server.url.replace("http", "ws"), "graphql-transport-ws");
    const [code] = await once(socket, "close");
    expect(code).toBe(4408);
  });
});

it("a slow reader harms nobody, and is cut off", async () => {
  const { server, id, sockets, heard } = await listening();
  const slow = subscriberOf(server.url);
  const unread = slow.subscribe(CHANGES, { id });
  await begun(server, unread, id);
  slow.sockets[0]?.pause();
  const count = 1000;
  for (let sent = 0; sent < count; sent += 100)
    await send(
      server,
      Array.from({ length: 100 }, () => joins(guestOf(id))),
    );
  const last = guestOf(id);
  await send(server, [joins(last)]);
  await expect.poll(() => idsOf(heard.results), { timeout: 5000 }).toContain(last.connectionId);
  expect(sockets[0]?.readyState).toBe(WebSocket.OPEN);
  // It answers no ping, which takes 24 seconds to show.
  if (!LONG) return;
  const isCut = () => server.log().some(({ msg, path }) => msg === "socket" && path === "/graphql");
  await expect.poll(isCut, { timeout: 30_000, interval: 500 }).toBe(true);
}, 60_000);

it("a stop closes with 1001, and does not wait for open sockets", async () => {
  const server = await startServer({ WEBHOOK_SECRET });
  const id = await sessionOn(server);
  const subscriber = subscriberOf(server.url);
  await begun(server, subscriber.subscribe(CHANGES, { id }), id);
  const closed = closing(subscriber);
  const begin = performance.now();
  await server.close();
  expect(performance.now() - begin).toBeLessThan(2000);
  expect(await closed).toEqual([1001, "The server is stopping"]);
});

it("connection data and credentials are not in the log", async () => {
  const { server, heard } = await listening(WITH_JWTS, bearer());
  expect(heard.results).not.toEqual([]);
  const log = JSON.stringify(server.log().filter(({ sql }) => sql === undefined));
  expect(log).not.toContain("canary-of-data");
  expect(log).not.toContain("Bearer");
});
