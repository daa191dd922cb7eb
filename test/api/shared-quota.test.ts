import { describe, expect, it, onTestFinished } from "vitest";
import { EVERYTHING, signedJwt } from "../support/callers.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { newDatabaseUrl, sharedPostgres } from "../support/stores.ts";
import { startTransactionPooler } from "../support/transaction-pooler.ts";

const caller = (sub: string) => signedJwt({ ...EVERYTHING, sub });

/** Servers that share a database, a session of theirs, and a way to query the database. */
async function startReplicas(count: number, env: Record<string, string>, { pooled = false } = {}) {
  const url = await newDatabaseUrl("PostgreSQL");
  let serversUrl = url;
  if (pooled) {
    const pooler = await startTransactionPooler(url, 2);
    onTestFinished(() => pooler.close());
    serversUrl = pooler.url;
  }
  const settings = { NODE_ENV: "production", DATABASE_URL: serversUrl, ...env };
  const servers = await Promise.all(Array.from({ length: count }, () => startServer(settings)));
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });
  const postgres = await sharedPostgres();
  const query = (sql: string) => postgres.query(sql, new URL(url).pathname.slice(1));
  const [first] = servers as [TestServer];
  return { servers, query, id: await first.createSession() };
}

/** How many of so many aliased fields of a kind a caller gets from a server. */
async function ask(server: TestServer, field: string, count: number, who: string): Promise<number> {
  const fields = Array.from({ length: count }, (_, n) => `f${n}: ${field}`);
  const { errors } = await server.graphql(`mutation { ${fields.join(" ")} }`, {}, who);
  expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(
    new Set(errors.length > 0 ? ["RATE_LIMITED"] : []),
  );
  // The first field that fails is the last one that is executed when none may be null.
  return errors.length > 0 && count > 1 ? 0 : count - errors.length;
}

const token = (id: string) => `generateToken(sessionId: "${id}") { token }`;
const SESSION = "createSession { id }";

/** How many a caller gets who asks for one at a time, at all servers, at 8 places each, until so many have been asked for. */
async function askAll(servers: readonly TestServer[], field: string, asks: number, who: string) {
  let left = asks;
  let got = 0;
  const loop = async (server: TestServer) => {
    while (left > 0) {
      left -= 1;
      const more = await ask(server, field, 1, who);
      got += more;
    }
  };
  await Promise.all(servers.flatMap((server) => Array.from({ length: 8 }, () => loop(server))));
  return got;
}

describe("servers that share PostgreSQL", () => {
  it.each([
    ["directly", false],
    ["through a pooler of transactions", true],
  ])(
    "give a caller together at most its quota of tokens, and at least nine tenths: %s",
    async (_, pooled) => {
      const { servers, id } = await startReplicas(3, { TOKENS_PER_MINUTE: "300" }, { pooled });
      const got = await askAll(servers, token(id), 450, caller("spread"));
      expect(got).toBeLessThanOrEqual(300);
      expect(got).toBeGreaterThanOrEqual(270);
      // Another one has a quota of its own.
      expect(await ask(servers[0] as TestServer, token(id), 1, caller("other"))).toBe(1);
    },
  );

  it.each([
    ["tokens", { TOKENS_PER_MINUTE: "5" }],
    ["sessions", { SESSIONS_PER_MINUTE: "5" }],
  ])("give exactly a small quota of %s", async (kind, env) => {
    const { servers, id } = await startReplicas(3, env);
    const field = kind === "tokens" ? token(id) : SESSION;
    expect(await askAll(servers, field, 24, caller("five"))).toBe(5);
    const { errors } = await (servers[2] as TestServer).graphql(`mutation { ${field} }`, {}, caller("five"));
    expect(errors[0].message).toMatch(
      new RegExp(`^Too many ${kind} were requested; try again in \\d+ seconds$`),
    );
    expect(errors[0].extensions.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(errors[0].extensions.retryAfterSeconds).toBeLessThanOrEqual(60);
  });

  it("ask it once for many tokens, and no more for a caller who has none left", async () => {
    const { servers, id } = await startReplicas(1, { TOKENS_PER_MINUTE: "1000" });
    const [server] = servers as [TestServer];
    const who = caller("heavy");
    const queries = async (count: number) => {
      const all = await server.queriesDuring(() => ask(server, token(id), count, who));
      return all.filter((sql) => sql.includes("quota_points")).length;
    };
    expect(await queries(10)).toBe(1);
    expect(await queries(10)).toBe(0);
    expect(await queries(1)).toBe(1);
    const batch =
      "mutation($id: ID!, $requests: [TokenRequest!]!) { generateTokens(sessionId: $id, requests: $requests) { __typename } }";
    await server.graphql(batch, { id, requests: Array(990).fill({}) }, who);
    expect(await queries(1)).toBe(0);
  });

  it("count alone while the limiter's table cannot be used, say so once, and share again", async () => {
    const { servers, query, id } = await startReplicas(2, { TOKENS_PER_MINUTE: "5" });
    await query("ALTER TABLE quota_points RENAME TO away");
    for (const server of servers) expect(await askAll([server], token(id), 10, caller("alone"))).toBe(5);
    await query("ALTER TABLE away RENAME TO quota_points");
    const said = () => servers[0]?.log().flatMap(({ msg }) => (/quotas/.test(String(msg)) ? [msg] : []));
    expect(said()).toEqual(["the database does not answer; this server counts quotas alone"]);
    await expect
      .poll(
        async () => {
          await ask(servers[0] as TestServer, token(id), 1, caller(crypto.randomUUID()));
          return said()?.at(-1);
        },
        { timeout: 5000 },
      )
      .toBe("quotas are shared with other servers again");
  });

  it("count each alone without a ledger", async () => {
    const { servers, query, id } = await startReplicas(2, { TOKENS_PER_MINUTE: "5", LEDGER: "off" });
    for (const server of servers) expect(await askAll([server], token(id), 10, caller("alone"))).toBe(5);
    expect(await query("SELECT * FROM quota_points")).toEqual([]);
  });

  it("say nothing of a caller in the table but a hash", async () => {
    const { servers, query, id } = await startReplicas(1, { TOKENS_PER_MINUTE: "5" });
    const who = caller("someone");
    expect(await ask(servers[0] as TestServer, token(id), 1, who)).toBe(1);
    const rows = await query("SELECT key, points::int FROM quota_points WHERE key LIKE 'tokens:%'");
    expect(rows).toEqual([{ key: expect.stringMatching(/^tokens:[\w-]{43}$/), points: 1 }]);
    expect(await query("SELECT relpersistence FROM pg_class WHERE relname = 'quota_points'")).toEqual([
      { relpersistence: "u" },
    ]);
  });
});
