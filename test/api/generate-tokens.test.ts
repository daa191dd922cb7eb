import { afterAll, describe, expect, it } from "vitest";
import { API_KEY } from "../support/credentials.ts";
import { acceptedAt, refusedAt } from "../support/grants.ts";
import { claims, DAY, GENERATE_MANY, now, nowSeconds, recordsOf, start } from "../support/many-tokens.ts";
import { count } from "../support/records.ts";
import { startServer } from "../support/server.ts";

const server = await startServer({}, () => now);
const sessionId = await server.createSession();
afterAll(() => server.close());

const generate = (requests: Record<string, unknown>[]) =>
  server.graphql(GENERATE_MANY, { sessionId, requests });

describe("generateTokens", () => {
  it("gives each request its own outcome, in the order asked for", async () => {
    const requests = [
      { role: "MODERATOR", data: "first" },
      { data: "x".repeat(1001) },
      { role: null, data: null, expireTime: null, initialLayoutClassList: null, format: null },
      { expireTime: nowSeconds },
      { role: "SUBSCRIBER", expireTime: nowSeconds + 60, initialLayoutClassList: ["focus", "full"] },
      { initialLayoutClassList: ["a b"] },
      { format: "T1", data: "seventh" },
    ];
    const { status, data, errors } = await generate(requests);
    expect([status, errors]).toEqual([200, []]);
    const known = {
      __typename: "ConnectionToken",
      token: expect.any(String),
      sessionId,
      applicationId: API_KEY,
      role: "PUBLISHER",
      data: null,
      initialLayoutClassList: [],
      format: "JWT",
      createdAt: new Date(nowSeconds * 1000).toISOString(),
      expiresAt: new Date((nowSeconds + DAY) * 1000).toISOString(),
      expireTime: nowSeconds + DAY,
    };
    const refused = (argument: string) => ({
      __typename: "TokenRefusal",
      code: "BAD_USER_INPUT",
      message: expect.stringContaining(argument),
      argument,
    });
    expect(data.generateTokens).toEqual([
      { ...known, role: "MODERATOR", data: "first" },
      refused("data"),
      known,
      refused("expireTime"),
      {
        ...known,
        role: "SUBSCRIBER",
        expireTime: nowSeconds + 60,
        expiresAt: new Date((nowSeconds + 60) * 1000).toISOString(),
        initialLayoutClassList: ["focus", "full"],
      },
      refused("initialLayoutClassList"),
      { ...known, format: "T1", data: "seventh" },
    ]);
    expect(claims(data.generateTokens[0].token)).toMatchObject({
      role: "moderator",
      connection_data: "first",
    });
    expect(claims(data.generateTokens[4].token)).toMatchObject({
      role: "subscriber",
      exp: nowSeconds + 60,
      initial_layout_class_list: "focus full",
    });
    const { data: inspected } = await server.graphql(
      `{ inspectToken(token: "${data.generateTokens[6].token}") { status data format } }`,
    );
    expect(inspected.inspectToken).toEqual({ status: "ACTIVE", data: "seventh", format: "T1" });
  });

  it("accepts and refuses exactly what generateToken does", async () => {
    const accepted = acceptedAt(nowSeconds);
    const refused = refusedAt(nowSeconds);
    const { data } = await generate([...accepted, ...refused].map(([, request]) => request));
    for (const [i, [, , granted]] of accepted.entries()) {
      expect(data.generateTokens[i]).toMatchObject(granted);
    }
    for (const [i, [argument]] of refused.entries()) {
      expect(data.generateTokens[accepted.length + i]).toMatchObject({ code: "BAD_USER_INPUT", argument });
    }
  });

  it("makes a thousand tokens, with characters of three bytes in each", async () => {
    const id = await server.createSession();
    const requests = count(1000, (i) => ({ data: `${i}`.padEnd(20, "字") }));
    const { data, errors } = await server.graphql(GENERATE_MANY, { sessionId: id, requests });
    expect(errors).toEqual([]);
    const tokens: { token: string; data: string }[] = data.generateTokens;
    expect(tokens.map((token) => token.data)).toEqual(requests.map((request) => request.data));
    const all = tokens.map(({ token }) => claims(token));
    expect(all.map((each) => each.connection_data)).toEqual(requests.map((request) => request.data));
    expect(new Set(all.map(({ jti }) => jti)).size).toBe(1000);
    expect((await recordsOf(server, id)).map((record) => record.id)).toEqual(all.map(({ jti }) => jti));
  });

  it("takes requests that are written into the document, and one that is no list", async () => {
    const { data } = await server.graphql(
      `mutation { list: generateTokens(sessionId: "${sessionId}", requests: [{}, { role: MODERATOR }]) { ...R }
        one: generateTokens(sessionId: "${sessionId}", requests: { role: SUBSCRIBER }) { ...R } }
        fragment R on ConnectionToken { role }`,
    );
    expect(data).toEqual({
      list: [{ role: "PUBLISHER" }, { role: "MODERATOR" }],
      one: [{ role: "SUBSCRIBER" }],
    });
  });

  it("gives an empty list for an empty list, and records nothing", async () => {
    const queries = await server.queriesDuring(async () => {
      expect(await generate([])).toMatchObject({ data: { generateTokens: [] }, errors: [] });
    });
    expect(queries.filter((sql) => sql.includes("insert"))).toEqual([]);
  });

  it("issues all of them at one instant, and records them with one query", async () => {
    let seconds = nowSeconds;
    const other = await start({}, () => new Date(1000 * seconds++));
    const id = await other.createSession();
    const requests = count(120, (i) => ({ data: `${i}` }));
    const queries = await other.queriesDuring(() =>
      other.graphql(GENERATE_MANY, { sessionId: id, requests }),
    );
    expect(queries.filter((sql) => sql.includes("insert into issued_tokens"))).toHaveLength(1);
    const records = await recordsOf(other, id);
    expect(records).toHaveLength(120);
    expect(new Set(records.map(({ issuedAt }) => issuedAt)).size).toBe(1);
  });

  it("looks the session of all of them up in one query", async () => {
    const query = `mutation($sessionId: ID!, $requests: [TokenRequest!]!) {
      generateTokens(sessionId: $sessionId, requests: $requests) { ... on ConnectionToken { session { id mediaMode } } } }`;
    const queries = await server.queriesDuring(async () => {
      const { data } = await server.graphql(query, { sessionId, requests: count(150, () => ({})) });
      expect(data.generateTokens).toEqual(
        count(150, () => ({ session: { id: sessionId, mediaMode: "RELAYED" } })),
      );
    });
    expect(queries.filter((sql) => sql.includes('from "sessions"'))).toHaveLength(1);
  });
});
