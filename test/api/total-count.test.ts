import { describe, expect, it } from "vitest";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_KEY } from "../support/credentials.ts";
import { insert, NOW, neverCreated, startWithFile } from "../support/ledger-file.ts";
import { serverForTest } from "../support/server.ts";

const GENERATE = "mutation($id: ID!) { generateToken(sessionId: $id) { token } }";

const start = (env?: Record<string, string>) => serverForTest(env, () => NOW);

describe("totalCount", () => {
  const SESSIONS = `query($first: Int, $after: String) { sessions(first: $first, after: $after) {
    totalCount nodes { id } pageInfo { endCursor } } }`;
  const ISSUED = `query($id: ID!, $first: Int, $after: String) { session(sessionId: $id) {
    issuedTokens(first: $first, after: $after) { totalCount nodes { id } pageInfo { endCursor } } } }`;

  it("is how many sessions there are, whichever page is asked for", async () => {
    const server = await start();
    expect((await server.graphql(SESSIONS)).data.sessions.totalCount).toBe(0);
    for (let i = 0; i < 5; i++) await server.createSession();
    const first = (await server.graphql(SESSIONS, { first: 2 })).data.sessions;
    expect([first.totalCount, first.nodes.length]).toEqual([5, 2]);
    const after = first.pageInfo.endCursor;
    const rest = (await server.graphql(SESSIONS, { first: 10, after })).data.sessions;
    expect([rest.totalCount, rest.nodes.length]).toEqual([5, 3]);
    const none = (await server.graphql(SESSIONS, { after: rest.pageInfo.endCursor })).data.sessions;
    expect([none.totalCount, none.nodes.length]).toEqual([5, 0]);
  });

  it("is how many tokens of the session were issued, whichever page is asked for", async () => {
    const server = await start();
    const id = await server.createSession();
    const issued = async (page: object = {}) =>
      (await server.graphql(ISSUED, { id, ...page })).data.session.issuedTokens;
    expect((await issued()).totalCount).toBe(0);
    const other = await server.createSession();
    for (let i = 0; i < 5; i++) await server.graphql(GENERATE, { id });
    await server.graphql(GENERATE, { id: other });
    const first = await issued({ first: 2 });
    expect([first.totalCount, first.nodes.length]).toEqual([5, 2]);
    const rest = await issued({ first: 10, after: first.pageInfo.endCursor });
    expect([rest.totalCount, rest.nodes.length]).toEqual([5, 3]);
  });

  it("counts no session that the caller may not see", async () => {
    const server = await start({ AUTH_JWT_SECRET: JWT_SECRET });
    const caller = (grant: object) =>
      signedJwt({
        scope: "sessions:create sessions:read",
        video_grant: grant,
        exp: NOW.getTime() / 1000 + 3600,
      });
    const everything = caller({ sessions: ["*"] });
    const ids: string[] = [];
    for (const name of ["lobby", "room-1", "room-2"]) {
      const query = "mutation($name: String!) { ensureSession(name: $name) { id } }";
      ids.push((await server.graphql(query, { name }, everything)).data.ensureSession.id);
    }
    const total = async (grant: object) =>
      (await server.graphql(SESSIONS, { first: 1 }, caller(grant))).data.sessions.totalCount;
    expect(await total({ sessions: ["*"] })).toBe(3);
    expect(await total({})).toBe(0);
    expect(await total({ sessions: [ids[0], neverCreated(API_KEY)] })).toBe(1);
    expect(await total({ names: ["room-*"] })).toBe(2);
    expect(await total({ sessions: [ids[1]], names: ["room-1", "room-*", "lobby"] })).toBe(3);
  });

  it("counts no session of another project", async () => {
    const { server, file } = await startWithFile();
    await server.createSession();
    const other = await start({ DATABASE_URL: `file:${file}`, OPENTOK_API_KEY: "87654321" });
    expect((await other.graphql(SESSIONS)).data.sessions.totalCount).toBe(0);
  });

  it("has the database count a list once, and read a page once, whatever the aliases", async () => {
    const server = await start();
    const ids = [await server.createSession(), await server.createSession()];
    const aliases = (field: string) => Array.from({ length: 5 }, (_, i) => `a${i}: ${field}`).join(" ");
    const queries = async (query: string) => {
      const asked = await server.queriesDuring(async () => {
        expect((await server.graphql(query, { id: ids[0] })).errors).toEqual([]);
      });
      return [asked.filter((sql) => sql.includes("count(")).length, asked.length];
    };
    const two = "a: sessions(first: 1) { totalCount } b: sessions(first: 2) { totalCount }";
    expect(await queries(`{ ${aliases("sessions(first: 1) { totalCount }")} }`)).toEqual([1, 2]);
    expect(await queries(`{ ${two} }`)).toEqual([1, 3]);
    const tokens = `${aliases("issuedTokens(first: 1) { __typename }")} b: issuedTokens(first: 2) { totalCount }`;
    expect(await queries(`{ sessions(first: 40) { nodes { ${tokens} } } }`)).toEqual([1, 4]);
  });

  it("is that of each field of a mutation by itself", async () => {
    const server = await start();
    const id = await server.createSession();
    const generate = "generateToken(sessionId: $id) { session { issuedTokens { totalCount nodes { id } } } }";
    const { data } = await server.graphql(`mutation($id: ID!) { a: ${generate} b: ${generate} }`, { id });
    const lengths = [data.a, data.b].map(({ session: { issuedTokens } }) => [
      issuedTokens.totalCount,
      issuedTokens.nodes.length,
    ]);
    expect(lengths).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it("stops at 10,000", async () => {
    const { server, database } = await startWithFile();
    const id = await server.createSession();
    const total = async () => (await server.graphql(ISSUED, { id })).data.session.issuedTokens.totalCount;
    insert(database, id, 9999, 0, 0);
    expect(await total()).toBe(9999);
    insert(database, id, 2, 0, 0);
    expect(await total()).toBe(10_000);
  });

  it("has the database count only when it is asked for", async () => {
    const server = await start();
    const id = await server.createSession();
    const counts = async (field: string) => {
      const act = () =>
        server.graphql(
          `query($id: ID!) { sessions { ${field} } session(sessionId: $id) { issuedTokens { ${field} } } }`,
          { id },
        );
      return (await server.queriesDuring(act)).filter((sql) => sql.includes("count(")).length;
    };
    expect(await counts("nodes { id }")).toBe(0);
    expect(await counts("totalCount")).toBe(2);
  });
});
