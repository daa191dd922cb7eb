import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeJwt } from "jose";
import Libsql from "libsql";
import { afterEach, describe, expect, it } from "vitest";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
async function start(env: Record<string, string> = {}, now?: () => Date): Promise<TestServer> {
  const server = await startServer(env, now);
  servers.push(server);
  return server;
}

const GENERATE = `mutation($id: ID!, $role: Role, $format: TokenFormat, $data: String, $expireTime: Int) {
  generateToken(sessionId: $id, role: $role, format: $format, data: $data, expireTime: $expireTime) { token expiresAt } }`;
const ISSUED = `query($id: ID!, $first: Int, $after: String) { session(sessionId: $id) {
  issuedTokens(first: $first, after: $after) {
    edges { cursor node { id } }
    nodes { id role issuedTo issuedAt expiresAt session { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`;

const jtiOf = (token: string) => decodeJwt(token).jti;
const nonceOf = (token: string) =>
  new URLSearchParams(Buffer.from(token.slice(4), "base64").toString().split(":")[1]).get("nonce");

describe("the ledger", () => {
  it("has the record of every token that was issued, newest first", async () => {
    const now = new Date("2026-11-24T09:30:00.123Z");
    const server = await start({ AUTH_JWT_SECRET: JWT_SECRET }, () => now);
    const scope = "sessions:create sessions:read tokens:create ledger:read";
    const video_grant = { roles: ["SUBSCRIBER", "MODERATOR"], sessions: ["*"] };
    const exp = now.getTime() / 1000 + 3600;
    const alice = signedJwt({ sub: "alice", scope, video_grant, exp });
    const nobody = signedJwt({ scope, video_grant, exp });
    const { data } = await server.graphql("mutation { createSession { id } }", {}, alice);
    const { id } = data.createSession;
    const token = async (variables: object, credential: string) =>
      (await server.graphql(GENERATE, { id, ...variables }, credential)).data.generateToken.token;
    const first = await token({ role: "MODERATOR", expireTime: now.getTime() / 1000 + 60.877 }, alice);
    const second = await token({ role: "SUBSCRIBER", format: "T1" }, nobody);

    const answer = await server.graphql(ISSUED, { id }, alice);
    expect(answer.errors).toEqual([]);
    expect(answer.data.session.issuedTokens.nodes).toEqual([
      {
        id: nonceOf(second),
        role: "SUBSCRIBER",
        issuedTo: "",
        issuedAt: "2026-11-24T09:30:00.123Z",
        expiresAt: "2026-11-25T09:30:00.000Z",
        session: { id },
      },
      {
        id: jtiOf(first),
        role: "MODERATOR",
        issuedTo: "alice",
        issuedAt: "2026-11-24T09:30:00.123Z",
        expiresAt: "2026-11-24T09:31:01.000Z",
        session: { id },
      },
    ]);
  });

  it("is paged, without a record twice or left out", async () => {
    const server = await start();
    const id = await server.createSession();
    const other = await server.createSession();
    const made: unknown[] = [];
    for (let i = 0; i < 23; i++) {
      made.push(jtiOf((await server.graphql(GENERATE, { id })).data.generateToken.token));
      await server.graphql(GENERATE, { id: other });
    }
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { data } = await server.graphql(ISSUED, { id, first: 10, after });
      const { edges, nodes, pageInfo } = data.session.issuedTokens;
      expect(edges.map(({ node }: { node: object }) => node)).toEqual(
        nodes.map((node: { id: string }) => ({ id: node.id })),
      );
      expect(pageInfo).toMatchObject({
        hasPreviousPage: after !== null,
        startCursor: edges[0].cursor,
        endCursor: edges.at(-1).cursor,
      });
      seen.push(...nodes.map((node: { id: string }) => node.id));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after);
    expect(seen).toEqual(made.reverse());
  });

  it.each([
    ["first", { first: 0 }],
    ["first", { first: 101 }],
    ["after", { after: "nonsense" }],
  ])("refuses a bad %s", async (argument, page) => {
    const server = await start();
    const { errors } = await server.graphql(ISSUED, { id: await server.createSession(), ...page });
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument } }]);
  });

  it("has the tokens of a session that was created elsewhere", async () => {
    const server = await start();
    const elsewhere = `2_${Buffer.from(`1~${API_KEY}~~1739538894959~r~P~~`).toString("base64url")}`;
    await server.graphql(GENERATE, { id: elsewhere });
    const { data } = await server.graphql(ISSUED, { id: elsewhere });
    expect(data.session.issuedTokens.nodes).toMatchObject([{ session: { id: elsewhere } }]);
  });

  it("has no record of what was refused", async () => {
    const server = await start();
    const id = await server.createSession();
    for (const variables of [{ data: "x".repeat(1001) }, { expireTime: 1 }, { role: "OWNER" }]) {
      expect((await server.graphql(GENERATE, { id, ...variables })).errors).toHaveLength(1);
    }
    expect((await server.graphql(ISSUED, { id })).data.session.issuedTokens.nodes).toEqual([]);
  });

  it("holds no token, no connection data and no secret in any byte of the database", async () => {
    const file = join(temporaryFolder(), "test.db");
    const server = await start({ DATABASE_URL: `file:${file}`, AUTH_JWT_SECRET: JWT_SECRET });
    const scope = "sessions:create tokens:create";
    const caller = signedJwt({ sub: "alice", scope, video_grant: { roles: ["PUBLISHER"], sessions: ["*"] } });
    const { data } = await server.graphql("mutation { createSession { id } }", {}, caller);
    const secrets = ["canary-of-connection-data", API_SECRET, JWT_SECRET, caller];
    for (const format of ["JWT", "T1"]) {
      const variables = { id: data.createSession.id, data: secrets[0], format };
      secrets.push((await server.graphql(GENERATE, variables, caller)).data.generateToken.token);
    }
    await servers.pop()?.close();
    const bytes = readFileSync(file);
    expect(bytes.includes("alice")).toBe(true);
    for (const secret of secrets) expect(bytes.includes(secret)).toBe(false);
    // A token's signature alone would do.
    for (const secret of secrets) expect(bytes.includes(secret.slice(-43))).toBe(false);
  });

  it("is left out with LEDGER=off", async () => {
    const server = await start({ LEDGER: "off" });
    const id = await server.createSession();
    const { data } = await server.graphql(GENERATE, { id });
    expect(data.generateToken.token).toMatch(/^eyJ/);
    expect((await server.graphql(ISSUED, { id })).data.session.issuedTokens.nodes).toEqual([]);
    expect((await fetch(`${server.origin}/readyz`)).status).toBe(200);
  });
});

describe("a ledger that cannot be written", () => {
  const refused = {
    data: { generateToken: null },
    errors: [{ extensions: { code: "LEDGER_UNAVAILABLE", retryable: true } }],
  };

  it("lets no token out, says so in /readyz and the log, and recovers by itself", async () => {
    const file = join(temporaryFolder(), "test.db");
    const server = await start({ DATABASE_URL: `file:${file}` });
    const id = await server.createSession();
    const database = new Libsql(file, { timeout: 2000 });
    database.exec("ALTER TABLE issued_tokens RENAME TO away");
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.graphql(GENERATE, { id })));
    for (const answer of answers) expect(answer).toMatchObject(refused);
    expect(JSON.stringify(answers)).not.toContain("eyJ");

    database.exec("ALTER TABLE away RENAME TO issued_tokens");
    expect((await server.graphql(GENERATE, { id })).errors).toEqual([]);
    expect((await server.graphql(ISSUED, { id })).data.session.issuedTokens.nodes).toHaveLength(1);
    database.close();
    const messages = server.log().map(({ msg }) => msg);
    expect(
      messages.filter((msg) => msg === "the ledger cannot be written; no tokens are issued"),
    ).toHaveLength(1);
    expect(messages.filter((msg) => msg === "the ledger can be written again")).toHaveLength(1);
  });

  it.each([
    ["that cannot take a record", "BEFORE INSERT ON issued_tokens"],
    ["that cannot commit", "BEFORE DELETE ON issued_tokens"],
  ])("%s makes /readyz 503 within a second without a token, and 200 again", async (_, event) => {
    const file = join(temporaryFolder(), "test.db");
    const server = await start({ DATABASE_URL: `file:${file}` });
    const readiness = async () => (await fetch(`${server.origin}/readyz`)).json();
    expect(await readiness()).toEqual({ status: "ready" });
    const database = new Libsql(file, { timeout: 2000 });
    database.exec(`CREATE TRIGGER full ${event} BEGIN SELECT raise(abort, 'the disk is full'); END`);
    await expect.poll(readiness).toEqual({ status: "ledger unavailable" });
    const [line] = server.log().filter(({ status }) => status === 503);
    expect(line).toMatchObject({ level: 40, path: "/readyz", reason: "the disk is full" });
    database.exec("DROP TRIGGER full");
    await expect.poll(readiness).toEqual({ status: "ready" });
    expect(database.prepare("SELECT count(*) AS records FROM issued_tokens").get()).toMatchObject({
      records: 0,
    });
    database.close();
  });
});

describe("LEDGER_RETENTION_DAYS", () => {
  const DAY = 24 * 60 * 60 * 1000;

  it("forgets older records, keeps the others, and says how many it forgot", async () => {
    const file = join(temporaryFolder(), "test.db");
    // By the database's clock, which is that of this machine, none of it is in the future.
    const newest = Date.now() - DAY;
    let now = new Date(newest - 7 * DAY - 1);
    const first = await start({ DATABASE_URL: `file:${file}` }, () => now);
    const id = await first.createSession();
    for (let i = 0; i < 3; i++) await first.graphql(GENERATE, { id });
    now = new Date(newest - 7 * DAY);
    await first.graphql(GENERATE, { id });
    now = new Date(newest);
    await first.graphql(GENERATE, { id });
    await servers.pop()?.close();

    const env = { DATABASE_URL: `file:${file}`, LEDGER_RETENTION_DAYS: "7", METRICS_PORT: "0" };
    const second = await start(env, () => now);
    const issued = async () => (await second.graphql(ISSUED, { id })).data.session.issuedTokens.nodes;
    await expect.poll(issued).toHaveLength(2);
    expect((await issued()).map(({ issuedAt }: { issuedAt: string }) => Date.parse(issuedAt))).toEqual([
      newest,
      newest - 7 * DAY,
    ]);
    const said = () => second.log().filter(({ msg }) => msg === "old records were purged");
    await expect.poll(said).toMatchObject([{ level: 30, records: 3 }]);
    await expect
      .poll(second.audit)
      .toContainEqual(expect.objectContaining({ event: "ledger.purged", records: 3 }));
    expect(await (await fetch(second.metricsUrl ?? "")).text()).toContain(
      "stagepass_ledger_purged_total 3\n",
    );
  });

  it("keeps the records of a server whose clock is 100 days ahead", async () => {
    const file = join(temporaryFolder(), "test.db");
    const env = { DATABASE_URL: `file:${file}`, LEDGER_RETENTION_DAYS: "90" };
    const first = await start(env);
    const id = await first.createSession();
    await first.graphql(GENERATE, { id });
    await servers.pop()?.close();
    for (let i = 0; i < 2; i++) {
      const second = await start(env, () => new Date(Date.now() + 100 * DAY));
      await second.graphql(GENERATE, { id });
      expect((await second.graphql(ISSUED, { id })).data.session.issuedTokens.nodes).toHaveLength(2 + i);
      await servers.pop()?.close();
    }
  });

  it("is tried again when the database cannot be written, and the server starts all the same", async () => {
    const file = join(temporaryFolder(), "test.db");
    await start({ DATABASE_URL: `file:${file}` });
    await servers.pop()?.close();
    const database = new Libsql(file, { timeout: 2000 });
    database.exec("CREATE TRIGGER full BEFORE INSERT ON server_runs BEGIN SELECT raise(abort, 'full'); END");
    database.close();
    const server = await start({ DATABASE_URL: `file:${file}`, LEDGER_RETENTION_DAYS: "7" });
    expect((await fetch(`${server.origin}/livez`)).status).toBe(200);
    const said = () => server.log().filter(({ level }) => level === 40);
    await expect.poll(() => said().map(({ msg }) => msg)).toContain("old records could not be purged");
  });
});
