import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { API_KEY } from "../support/credentials.ts";
import { startServer } from "../support/server.ts";

describe("SQL in an argument is text like any other", () => {
  it.each([
    "'; DROP TABLE sessions; --",
    "'); DELETE FROM issued_tokens; --",
    "' OR '1'='1",
    '" UNION SELECT * FROM api_keys --',
    "\\'; DROP TABLE session_names; /*",
    "standup' || (SELECT name FROM session_names) || '",
    "%_?:name$1",
  ])("%s", async (sql) => {
    const server = await startServer();
    const ask = async (query: string, variables: object) => {
      const { data, errors } = await server.graphql(query, { ...variables });
      return errors.length > 0 ? errors.map(({ extensions }) => extensions.code) : data;
    };
    const ensure = (name: string) =>
      ask(
        "mutation($name: String!, $data: String) { ensureSession(name: $name) { id name generateToken(data: $data) { token data } } }",
        { name, data: sql },
      );
    const { ensureSession: standup } = await ensure("standup");
    const { ensureSession: named } = await ensure(sql);
    expect(named.name).toBe(sql);
    expect(named.id).not.toBe(standup.id);
    expect((await ensure(sql)).ensureSession.id).toBe(named.id);
    expect(named.generateToken.data).toBe(sql);
    expect(decodeJwt(named.generateToken.token).connection_data).toBe(sql);

    expect(await ask("query($x: String) { sessions(after: $x) { nodes { id } } }", { x: sql })).toEqual([
      "BAD_USER_INPUT",
    ]);
    expect(await ask("query($x: ID!) { session(sessionId: $x) { id } }", { x: sql })).toEqual({
      session: null,
    });
    const inside = `1_${Buffer.from(`1~${API_KEY}~~1739538894959~${sql}~P~~`).toString("base64url")}`;
    await ask("query($x: ID!) { session(sessionId: $x) { id issuedTokens { totalCount } } }", { x: inside });
    expect(await ask("mutation($x: ID!) { generateToken(sessionId: $x) { token } }", { x: sql })).toEqual([
      "SESSION_NOT_FOUND",
    ]);

    // All that was there is there, and no more.
    const { sessions } = await ask(
      "{ sessions(first: 5) { totalCount nodes { name issuedTokens(first: 5) { totalCount } } } }",
      {},
    );
    expect(sessions).toEqual({
      totalCount: 2,
      nodes: [
        { name: sql, issuedTokens: { totalCount: 2 } },
        { name: "standup", issuedTokens: { totalCount: 1 } },
      ],
    });
    expect(server.log().filter(({ msg }) => msg === "unexpected error")).toEqual([]);
    await server.close();
  });
});
