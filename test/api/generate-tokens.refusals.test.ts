import { join } from "node:path";
import Libsql from "libsql";
import { afterAll, describe, expect, it } from "vitest";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_KEY } from "../support/credentials.ts";
import { claims, DAY, GENERATE_MANY, now, nowSeconds, recordsOf, start } from "../support/many-tokens.ts";
import { count } from "../support/records.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const server = await startServer({}, () => now);
const sessionId = await server.createSession();
afterAll(() => server.close());

const generate = (requests: Record<string, unknown>[]) =>
  server.graphql(GENERATE_MANY, { sessionId, requests });

describe("what one of many is refused for", () => {
  const grant = { roles: ["PUBLISHER"], names: ["standup"], maxLifetime: 600 };
  const bound = signedJwt({
    sub: "bound",
    scope: "sessions:create tokens:create",
    video_grant: grant,
    exp: nowSeconds + 3600,
  });

  it("is a role and a lifetime that the caller may not grant; the name of the session is looked up once", async () => {
    const other = await start({ AUTH_JWT_SECRET: JWT_SECRET });
    const ensured = await other.graphql('mutation { ensureSession(name: "standup") { id } }', {}, bound);
    const { id } = ensured.data.ensureSession;
    const requests = [
      ...count(70, () => ({})),
      { role: "MODERATOR" },
      { expireTime: nowSeconds + 600 },
      { expireTime: nowSeconds + 601 },
    ];
    const queries = await other.queriesDuring(async () => {
      const { data, errors } = await other.graphql(GENERATE_MANY, { sessionId: id, requests }, bound);
      expect(errors).toEqual([]);
      expect(data.generateTokens.slice(0, 70)).toEqual(
        count(70, () => expect.objectContaining({ expireTime: nowSeconds + 600 })),
      );
      expect(data.generateTokens.slice(70)).toEqual([
        {
          __typename: "TokenRefusal",
          code: "FORBIDDEN",
          message: expect.stringContaining("MODERATOR"),
          argument: null,
        },
        expect.objectContaining({ __typename: "ConnectionToken" }),
        {
          __typename: "TokenRefusal",
          code: "FORBIDDEN",
          message: expect.stringContaining("600 seconds"),
          argument: null,
        },
      ]);
    });
    expect(queries.filter((sql) => sql.includes('from "sessions"'))).toHaveLength(1);
  });

  it("is not recorded, and neither it nor a token nor any data is logged", async () => {
    const other = await start({ LOG_LEVEL: "trace" });
    const id = await other.createSession();
    const canary = "canary-connection-data";
    const requests = [{ data: canary }, { data: canary.repeat(100) }, { data: canary, expireTime: 1 }];
    const { data } = await other.graphql(GENERATE_MANY, { sessionId: id, requests });
    const [{ token }, ...refusals] = data.generateTokens;
    expect((await recordsOf(other, id)).map((record) => record.id)).toEqual([claims(token).jti]);
    expect(JSON.stringify(refusals)).not.toContain(canary);
    const log = JSON.stringify(other.log());
    expect(log).not.toContain(canary);
    expect(log).not.toContain(token);
  });
});

describe("what refuses all of them, with nothing issued or recorded", () => {
  const expectNothing = async (of: TestServer, id: string, credential?: string) =>
    expect(await recordsOf(of, id, credential)).toEqual([]);

  it.each([1001, 20_000])("is %i requests", async (size) => {
    const id = await server.createSession();
    const { data, errors } = await server.graphql(GENERATE_MANY, {
      sessionId: id,
      requests: count(size, () => ({})),
    });
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "requests" } }]);
    expect(errors[0].message).toContain(`at most 1000; ${size} were given`);
    await expectNothing(server, id);
  });

  it("is a request that does not fit the contract", async () => {
    const id = await server.createSession();
    for (const wrong of [
      { role: "OWNER" },
      { data: 5 },
      { expireTime: nowSeconds * 1000 },
      { other: 1 },
      null,
    ]) {
      const { errors } = await server.graphql(GENERATE_MANY, { sessionId: id, requests: [{}, wrong] });
      expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "requests" } }]);
      expect(errors[0].message).toContain("requests[1]");
    }
    await expectNothing(server, id);
  });

  it("is an expireTime in milliseconds, which is said", async () => {
    const { errors } = await generate([{}, { expireTime: (nowSeconds + DAY) * 1000 }]);
    expect(errors[0].message).toMatch(/requests\[1\]\.expireTime.*not in milliseconds/);
  });

  it.each([
    ["malformed", "1_x"],
    ["cut off", `2_${Buffer.from(`1~${API_KEY}~~1739538894959~r~P~`).toString("base64url")}`],
    ["another project's", `2_${Buffer.from("1~87654321~~1739538894959~r~P~~").toString("base64url")}`],
  ])("is a session ID that is %s", async (_, id) => {
    const { data, errors } = await server.graphql(GENERATE_MANY, { sessionId: id, requests: [{}] });
    expect(data).toEqual({ generateTokens: null });
    expect(errors).toMatchObject([{ extensions: { code: "SESSION_NOT_FOUND", argument: "sessionId" } }]);
  });

  it("is a session ID that is malformed or not the caller's, also for an empty list", async () => {
    const other = await start({ AUTH_JWT_SECRET: JWT_SECRET });
    const exp = nowSeconds + 3600;
    const all = signedJwt({ ...EVERYTHING, exp });
    const none = signedJwt({ ...EVERYTHING, video_grant: { roles: ["PUBLISHER"] }, exp });
    const { data } = await other.graphql("mutation { createSession { id } }", {}, all);
    const { id } = data.createSession;
    for (const requests of [[], [{}]]) {
      const refused = await other.graphql(GENERATE_MANY, { sessionId: id, requests }, none);
      expect(refused.errors).toMatchObject([{ extensions: { code: "FORBIDDEN", requiredSession: id } }]);
      const malformed = await other.graphql(GENERATE_MANY, { sessionId: "1_x", requests }, all);
      expect(malformed.errors).toMatchObject([{ extensions: { code: "SESSION_NOT_FOUND" } }]);
    }
    await expectNothing(other, id, all);
  });

  it("is a ledger that fails in the middle of them", async () => {
    const file = join(temporaryFolder(), "test.db");
    const other = await start({ DATABASE_URL: `file:${file}` });
    const id = await other.createSession();
    const database = new Libsql(file, { timeout: 2000 });
    database.exec(
      `CREATE TRIGGER full BEFORE INSERT ON issued_tokens WHEN (SELECT count(*) FROM issued_tokens) >= 500
        BEGIN SELECT raise(abort, 'full'); END`,
    );
    const requests = count(1000, () => ({}));
    const { data, errors } = await other.graphql(GENERATE_MANY, { sessionId: id, requests });
    expect(data).toEqual({ generateTokens: null });
    expect(errors).toMatchObject([{ extensions: { code: "LEDGER_UNAVAILABLE", retryable: true } }]);
    await expectNothing(other, id);
    database.exec("DROP TRIGGER full");
    database.close();
    expect((await other.graphql(GENERATE_MANY, { sessionId: id, requests })).errors).toEqual([]);
    expect(await recordsOf(other, id)).toHaveLength(1000);
  });
});
