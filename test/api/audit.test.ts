import { mkdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import jsonwebtoken from "jsonwebtoken";
import { describe, expect, it, onTestFinished } from "vitest";
import { newApiKey } from "../../src/access/api-key.ts";
import { REFUSAL_LINES } from "../../src/audit/refusal-lines.ts";
import { parseConfig } from "../../src/config/config.ts";
import { openDatabase } from "../../src/store/database.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import { snippets } from "../docs/markdown.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { startServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ANN = signedJwt({ ...EVERYTHING, iss: "idp", sub: "ann" });
const BY_ANN = {
  caller: 'jwt:["idp","ann"]',
  address: "127.0.0.1",
  requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
};
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const CANARY = "canary-connection-data";

async function start(env: Record<string, string> = {}) {
  const server = await startServer({ NODE_ENV: "production", AUTH_JWT_SECRET: JWT_SECRET, ...env });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= server.close();
    return closed;
  };
  onTestFinished(close);
  const eventsOf = (event: string) => server.audit().filter((line) => line.event === event);
  return { ...server, close, eventsOf };
}

const idOf = (token: string) => (jsonwebtoken.decode(token) as { jti: string }).jti;

describe("the audit trail", () => {
  it("has each session and each token before its caller gets it", async () => {
    const server = await start();
    const { data, headers } = await server.graphql(
      `mutation($data: String) { createSession { sessionId generateToken(role: MODERATOR, data: $data) { token expiresAt } } }`,
      { data: CANARY },
      ANN,
    );
    const { sessionId, generateToken } = data.createSession;
    const by = { ...BY_ANN, time: TIME, requestId: headers.get("x-request-id"), sessionId };
    expect(server.audit()).toEqual([
      { ...by, event: "session.created" },
      {
        ...by,
        event: "token.issued",
        role: "MODERATOR",
        jti: idOf(generateToken.token),
        expiresAt: generateToken.expiresAt,
      },
    ]);
  });

  it("has lines with the members that the documents show", async () => {
    const server = await start();
    await server.graphql("mutation { createSession { generateToken { token } } }", {}, ANN);
    const shown = snippets("docs/monitoring.md").find(({ heading }) => heading === "The audit trail");
    const [line] = server.eventsOf("token.issued");
    expect(Object.keys(line ?? {})).toEqual(Object.keys(JSON.parse(shown?.code ?? "")));
  });

  it("has a line for each token of a batch, and for what of it is refused, also without a ledger", async () => {
    const server = await start({ LEDGER: "off" });
    const claims = {
      scope: "sessions:create tokens:create",
      video_grant: { roles: ["PUBLISHER"], sessions: ["*"] },
    };
    const credential = signedJwt({ ...claims, iss: "idp", sub: "ann" });
    const session = await server.graphql("mutation { createSession { id } }", {}, credential);
    const requests = [
      { data: CANARY },
      { role: "MODERATOR", data: CANARY },
      { expireTime: 1 },
      { role: "PUBLISHER" },
    ];
    const { data } = await server.graphql(
      "mutation($id: ID!, $requests: [TokenRequest!]!) { generateTokens(sessionId: $id, requests: $requests) { ... on ConnectionToken { token } ... on TokenRefusal { code } } }",
      { id: session.data.createSession.id, requests },
      credential,
    );
    const tokens = data.generateTokens.flatMap(({ token }: { token?: string }) => (token ? [token] : []));
    expect(tokens).toHaveLength(2);
    expect(server.eventsOf("token.issued").map(({ jti }) => jti)).toEqual(tokens.map(idOf));
    await expect
      .poll(() => server.eventsOf("request.refused"))
      .toMatchObject([
        { ...BY_ANN, code: "FORBIDDEN", role: "MODERATOR", sessionId: session.data.createSession.id },
      ]);
    expect(server.audit()).toHaveLength(4);
  });

  it("has one line for the session of a name, and none for those who get it later", async () => {
    const server = await start();
    const ensure = () => server.graphql('mutation { ensureSession(name: "standup") { sessionId } }', {}, ANN);
    const answers = await Promise.all([ensure(), ensure(), ensure()]);
    expect(server.audit()).toEqual([
      {
        ...BY_ANN,
        time: TIME,
        event: "session.created",
        sessionId: answers[0].data.ensureSession.sessionId,
      },
    ]);
  });

  it("has who was refused, why, and from where", async () => {
    const server = await start({
      TRUST_PROXY: "loopback",
      TOKENS_PER_MINUTE: "1",
      MAX_REQUESTS_PER_CALLER: "1",
    });
    const reader = signedJwt({ scope: "tokens:create", iss: "idp", sub: "reader" });
    const sessionId = (await server.graphql("mutation { createSession { id } }", {}, ANN)).data.createSession
      .id;
    const generate = `mutation { generateToken(sessionId: "${sessionId}") { token } }`;
    await server.graphql("{ sessions { totalCount } }", {}, reader);
    await server.graphql(generate.replace(")", ", role: SUBSCRIBER)"), {}, reader);
    await server.graphql(generate, {}, ANN);
    await server.graphql(generate, {}, ANN);
    await fetch(server.url, { method: "POST", headers: { "x-forwarded-for": "203.0.113.7" } });
    const forged = signedJwt({ ...EVERYTHING, exp: 1 });
    await server.graphql("{ __typename }", {}, forged);
    const refusals = () => server.eventsOf("request.refused");
    const reading = { caller: 'jwt:["idp","reader"]', address: "127.0.0.1" };
    await expect.poll(refusals).toMatchObject([
      {
        ...reading,
        code: "FORBIDDEN",
        reason: "Not allowed: Query.sessions requires the scope sessions:read",
      },
      { ...reading, code: "FORBIDDEN", role: "SUBSCRIBER" },
      { ...BY_ANN, code: "RATE_LIMITED", reason: expect.stringMatching(/^Too many tokens/) },
      { code: "UNAUTHENTICATED", address: "203.0.113.7", reason: expect.stringMatching(/^Send the header/) },
      { code: "UNAUTHENTICATED", address: "127.0.0.1", reason: expect.stringMatching(/jwt expired$/) },
    ]);
    expect(
      refusals()
        .slice(-2)
        .map((line) => "caller" in line),
    ).toEqual([false, false]);

    // Outside of GraphQL, while another request has no answer yet.
    const { hostname, port } = new URL(server.url);
    const hanging = connect(Number(port), hostname);
    onTestFinished(() => void hanging.destroy());
    hanging.write(
      `POST /graphql HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${ANN}\r\n` +
        "content-type: application/json\r\ncontent-length: 10\r\n\r\n",
    );
    await expect
      .poll(async () => {
        await server.graphql("{ __typename }", {}, ANN);
        return refusals().at(-1);
      })
      .toMatchObject({ ...BY_ANN, code: "RATE_LIMITED", reason: expect.stringMatching(/in flight/) });
    hanging.destroy();
  });

  it("names the session that a caller may not use", async () => {
    const server = await start();
    const id = (await server.graphql("mutation { createSession { id } }", {}, ANN)).data.createSession.id;
    const stranger = signedJwt({ scope: "tokens:create", video_grant: { roles: ["PUBLISHER"] }, sub: "bob" });
    await server.graphql(`mutation { generateToken(sessionId: "${id}") { token } }`, {}, stranger);
    await expect.poll(() => server.eventsOf("request.refused")).toMatchObject([{ sessionId: id }]);
  });

  it("has no more refusals of one caller than its share, and counts the others", async () => {
    const server = await start();
    const flood = Array.from({ length: 100 }, () => server.graphql("{ __typename }", {}, "canary.a.b"));
    await Promise.all(flood);
    await server.graphql("mutation { createSession { id } }", {}, ANN);
    const leftOut = () =>
      server.eventsOf("refusals.leftOut").reduce((sum, { refusals }) => sum + Number(refusals), 0);
    await expect
      .poll(() => leftOut() + server.eventsOf("request.refused").length, { timeout: 3000 })
      .toBe(100);
    expect(server.eventsOf("request.refused").length).toBeGreaterThanOrEqual(REFUSAL_LINES);
    expect(leftOut()).toBeGreaterThan(0);
    expect(server.eventsOf("session.created")).toHaveLength(1);
  });

  it("has a swap of credentials, and none where nothing changed", async () => {
    const server = await start();
    const config = (secret: string, more: Record<string, string> = {}) =>
      parseConfig({
        PLATFORM: "local",
        OPENTOK_API_KEY: API_KEY,
        OPENTOK_API_SECRET: secret,
        AUTH_JWT_SECRET: JWT_SECRET,
        ...more,
      });
    const next = "decade00decade00decade00decade00decade00";
    const swapped = { time: TIME, event: "credentials.swapped" };
    expect(server.rotate(config(API_SECRET))).toEqual({
      changed: false,
      authentication: false,
      webhooks: false,
    });
    expect(server.rotate(config(next))).toEqual({ changed: true, authentication: false, webhooks: false });
    await expect.poll(() => server.audit()).toEqual([swapped]);
    const issuer = { AUTH_JWT_ISSUER: "idp" };
    expect(server.rotate(config(next, issuer))).toEqual({
      changed: false,
      authentication: true,
      webhooks: false,
    });
    expect(server.rotate(config(next, issuer))).toEqual({
      changed: false,
      authentication: false,
      webhooks: false,
    });
    await expect.poll(() => server.audit()).toEqual([swapped, swapped]);
  });

  it("has no token, no credential and no connection data, whatever goes well or wrong", async () => {
    const file = join(temporaryFolder(), "test.db");
    const { apiKeys, close } = sqlStore(await openDatabase({ engine: "sqlite", file }));
    const { key, id, digest } = newApiKey();
    const claims = { scope: "sessions:create tokens:create", video_grant: { sessions: ["*"] } };
    await apiKeys.add({ id, name: "web", digest, claims, createdAt: new Date(), revokedAt: null });
    await close();
    const server = await start({ DATABASE_URL: `file:${file}` });
    const generate = `mutation($id: ID!, $data: String, $format: TokenFormat, $role: Role) {
      generateToken(sessionId: $id, data: $data, format: $format, role: $role) { token } }`;
    const session = await server.graphql("mutation { createSession { id } }", {}, ANN);
    const secrets = [CANARY, ANN, key, key.slice(-43), digest, API_SECRET, JWT_SECRET];
    for (const credential of [
      ANN,
      key,
      signedJwt({ sub: CANARY, exp: 1 }),
      newApiKey().key,
      `${CANARY}.a.b`,
    ]) {
      for (const variables of [{ format: "JWT" }, { format: "T1" }, { role: "MODERATOR" }, { id: CANARY }]) {
        const asked = { id: session.data.createSession.id, data: CANARY, ...variables };
        const { data } = await server.graphql(generate, asked, credential);
        if (data?.generateToken) secrets.push(data.generateToken.token);
      }
      await server.graphql(`mutation { ensureSession(name: "${CANARY}") { id } }`, {}, credential);
      await server.graphql("mutation { createSession { id } }", {}, credential);
    }
    expect(secrets).toHaveLength(7 + 3);
    await server.close();
    const text = JSON.stringify(server.audit());
    for (const secret of secrets) expect(text).not.toContain(secret);
  });
});

describe("without an audit trail that can be written", () => {
  const folderOf = () => {
    const folder = join(temporaryFolder(), "audit");
    mkdirSync(folder);
    return { folder, AUDIT_LOG: join(folder, "audit.jsonl") };
  };
  const ask = "mutation { createSession { sessionId generateToken { token } } }";

  it("AUDIT_REQUIRED=on issues nothing, and goes on once it can", async () => {
    const { folder, AUDIT_LOG } = folderOf();
    const server = await start({ AUDIT_LOG, AUDIT_REQUIRED: "on" });
    const { sessionId } = (await server.graphql(ask, {}, ANN)).data.createSession;
    rmSync(folder, { recursive: true });
    const refused = [{ extensions: { code: "AUDIT_UNAVAILABLE", retryable: true } }];
    const generate = `mutation { generateToken(sessionId: "${sessionId}") { token } }`;
    for (const query of [ask, generate, 'mutation { ensureSession(name: "a") { id } }']) {
      const { data, errors } = await server.graphql(query, {}, ANN);
      expect([Object.values(data), errors]).toMatchObject([[null], refused]);
    }
    // What issues nothing is not refused.
    expect((await server.graphql("{ sessions { totalCount } }", {}, ANN)).errors).toEqual([]);
    const readiness = async () => (await fetch(`${server.origin}/readyz`)).json();
    await expect.poll(readiness).toEqual({ status: "audit trail unavailable" });
    mkdirSync(folder);
    // Without a request that issues anything: a balancer sends none.
    await expect.poll(readiness).toEqual({ status: "ready" });
    expect((await server.graphql('mutation { ensureSession(name: "a") { id } }', {}, ANN)).errors).toEqual(
      [],
    );
    expect(server.audit()).toMatchObject([{ event: "audit.lost", lines: 3 }, { event: "session.created" }]);
    const said = server.log().filter(({ msg }) => String(msg).startsWith("the audit trail"));
    expect(said).toMatchObject([
      {
        level: 50,
        msg: "the audit trail cannot be written; nothing is issued",
        reason: expect.stringMatching(/^ENOENT/),
      },
      { level: 50, msg: "the audit trail can be written again", lost: 3 },
    ]);
  });

  it("a server delivers, and says in its log how many lines were lost", async () => {
    const { folder, AUDIT_LOG } = folderOf();
    const server = await start({ AUDIT_LOG });
    rmSync(folder, { recursive: true });
    for (let i = 0; i < 3; i++) expect((await server.graphql(ask, {}, ANN)).errors).toEqual([]);
    mkdirSync(folder);
    await server.graphql(ask, {}, ANN);
    const said = () => server.log().filter(({ msg }) => String(msg).startsWith("the audit trail"));
    const gap = () => server.eventsOf("audit.lost").reduce((sum, { lines }) => sum + Number(lines), 0);
    await expect
      .poll(() => gap() + server.audit().filter(({ event }) => event !== "audit.lost").length)
      .toBe(8);
    // The last of those that nobody waited for may have found the folder.
    expect(gap()).toBeGreaterThanOrEqual(5);
    expect(said()).toMatchObject([
      { level: 50, msg: "the audit trail cannot be written; lines are lost" },
      { level: 50, msg: "the audit trail can be written again", lost: gap() },
    ]);
  });

  it("does not start where it cannot be opened", async () => {
    const AUDIT_LOG = join(temporaryFolder(), "nowhere", "audit.jsonl");
    await expect(start({ AUDIT_LOG })).rejects.toThrow(/^AUDIT_LOG: cannot be opened: ENOENT/);
  });
});
