import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_KEY } from "../support/credentials.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
async function start(env: Record<string, string> = {}): Promise<TestServer> {
  const server = await startServer(env);
  servers.push(server);
  return server;
}

const SESSION = `query($id: ID!) { session(sessionId: $id) {
  id sessionId applicationId name mediaMode archiveMode archiveName archiveResolution location e2ee createdAt createdHere } }`;
const idOf = (text: string) => `2_${Buffer.from(text).toString("base64url")}`;

describe("session", () => {
  it("tells what the ID tells of a session that was created elsewhere in the project", async () => {
    const id = idOf(`1~${API_KEY}~203.0.113.7~1739538894959~Q9mcXG1QrN3TIYu8y+ppx/gs~P~~`);
    const { data, errors } = await (await start()).graphql(SESSION, { id });
    expect(errors).toEqual([]);
    expect(data.session).toEqual({
      id,
      sessionId: id,
      applicationId: API_KEY,
      name: null,
      mediaMode: null,
      archiveMode: null,
      archiveName: null,
      archiveResolution: null,
      location: "203.0.113.7",
      e2ee: null,
      createdAt: "2025-02-14T13:14:54.959Z",
      createdHere: false,
    });
  });

  it.each([
    ["malformed", "hello"],
    ["cut off", idOf(`1~${API_KEY}~~1739538894959~r~P~`)],
    ["another project's", idOf("1~87654321~~1739538894959~r~P~~")],
    ["a project's whose key ends with ours", idOf(`1~9${API_KEY}~~1739538894959~r~P~~`)],
    [
      "another project's, with our key in another field",
      idOf(`1~87654321~${API_KEY}~1739538894959~${API_KEY}~${API_KEY}~~`),
    ],
  ])("is null when the ID is %s", async (_, id) => {
    const { data, errors } = await (await start()).graphql(SESSION, { id });
    expect({ data, errors }).toEqual({ data: { session: null }, errors: [] });
  });

  it("is found after a restart", async () => {
    const env = { DATABASE_URL: `file:${join(temporaryFolder(), "test.db")}` };
    const first = await start(env);
    const id = await first.createSession();
    await servers.pop()?.close();
    const { data } = await (await start(env)).graphql(SESSION, { id });
    expect(data.session).toMatchObject({ id, mediaMode: "RELAYED" });
  });
});

describe("sessions", () => {
  const PAGE = `query($first: Int, $after: String) { sessions(first: $first, after: $after) {
    edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

  it("is an empty page when there are none", async () => {
    const { data } = await (await start()).graphql(PAGE);
    expect(data.sessions).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });

  it("pages through all, newest first, undisturbed by those created meanwhile", async () => {
    const server = await start();
    const created: string[] = [];
    for (let i = 0; i < 7; i++) created.push(await server.createSession());
    const seen: string[] = [];
    let after: string | null = null;
    const pages = [];
    do {
      const { data } = await server.graphql(PAGE, { first: 3, after });
      pages.push(data.sessions.pageInfo);
      seen.push(...data.sessions.nodes.map((node: { id: string }) => node.id));
      expect(data.sessions.edges.map((edge: { node: unknown }) => edge.node)).toEqual(data.sessions.nodes);
      expect(data.sessions.pageInfo.startCursor).toBe(data.sessions.edges.at(0).cursor);
      expect(data.sessions.pageInfo.endCursor).toBe(data.sessions.edges.at(-1).cursor);
      after = data.sessions.pageInfo.hasNextPage ? data.sessions.pageInfo.endCursor : null;
      await server.createSession();
    } while (after);
    expect(seen).toEqual(created.reverse());
    expect(pages.map((page) => [page.hasPreviousPage, page.hasNextPage])).toEqual([
      [false, true],
      [true, true],
      [true, false],
    ]);
  });

  it("gives 20 unless told otherwise, also when told null, and up to 100", async () => {
    const server = await start();
    const many = Array.from({ length: 10 }, (_, i) => `s${i}: createSession { id }`).join(" ");
    for (let i = 0; i < 11; i++) await server.graphql(`mutation { ${many} }`);
    const size = async (first?: number | null) =>
      (await server.graphql(PAGE, { first })).data.sessions.nodes.length;
    expect([await size(), await size(null), await size(1), await size(100)]).toEqual([20, 20, 1, 100]);
  });

  it.each([
    ["first", { first: 0 }],
    ["first", { first: 101 }],
    ["first", { first: -1 }],
    ["after", { after: "" }],
    ["after", { after: "hello" }],
    ["after", { after: Buffer.from("position:1e3").toString("base64url") }],
    ["after", { after: Buffer.from("position:1\n").toString("base64url") }],
  ])("refuses, naming %s: %j", async (argument, variables) => {
    const { data, errors } = await (await start()).graphql(PAGE, variables);
    expect(data).toEqual({ sessions: null });
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument } }]);
  });

  describe("for a grant with prefixes", () => {
    /** A server with named sessions, in this order, and one without a name; and what callers with these names see, page by page. */
    async function startNamed() {
      const server = await start({ AUTH_JWT_SECRET: JWT_SECRET });
      const everything = signedJwt(EVERYTHING);
      const ids: string[] = [];
      for (const name of ["room-2", "room-1", "lobby", "🎥", "\ufffc"]) {
        const query = "mutation($name: String!) { ensureSession(name: $name) { id } }";
        ids.push((await server.graphql(query, { name }, everything)).data.ensureSession.id);
      }
      ids.push(
        (await server.graphql("mutation { createSession { id } }", {}, everything)).data.createSession.id,
      );
      const pages = async (video_grant: object, first: number) => {
        const caller = signedJwt({ scope: "sessions:read", video_grant });
        const seen: number[] = [];
        let after: string | null = null;
        do {
          const { data } = await server.graphql(PAGE, { first, after }, caller);
          seen.push(...data.sessions.nodes.map(({ id }: { id: string }) => ids.indexOf(id)));
          after = data.sessions.pageInfo.hasNextPage ? data.sessions.pageInfo.endCursor : null;
        } while (after);
        return seen;
      };
      return { server, ids, pages };
    }

    it("is ordered by name, those without one first", async () => {
      const { ids, pages } = await startNamed();
      for (const first of [1, 2, 100]) {
        expect(await pages({ names: ["room-*"] }, first)).toEqual([1, 0]);
        expect(await pages({ names: ["*"], sessions: [ids[5], ids[2]] }, first)).toEqual([5, 2, 1, 0, 4, 3]);
        expect(await pages({ names: ["room-1", "lobby"] }, first)).toEqual([2, 1]);
        expect(await pages({ names: ["room-*"], sessions: ["*"] }, first)).toEqual([5, 4, 3, 2, 1, 0]);
      }
    });

    it("takes no cursor of a list in another order, nor the other way round", async () => {
      const { server } = await startNamed();
      const [byName, newestFirst] = [{ names: ["*"] }, { sessions: ["*"] }].map((video_grant) =>
        signedJwt({ scope: "sessions:read", video_grant }),
      );
      const cursorOf = async (caller?: string) =>
        (await server.graphql(PAGE, { first: 1 }, caller)).data.sessions.pageInfo.endCursor;
      const malformed = ["name:1:a\0b", "name::a", "name:1.5:a", "name:a"].map((text) =>
        Buffer.from(text).toString("base64url"),
      );
      for (const [caller, cursors] of [
        [byName, [await cursorOf(newestFirst), ...malformed]],
        [newestFirst, [await cursorOf(byName)]],
      ] as const) {
        for (const after of cursors) {
          const { errors } = await server.graphql(PAGE, { after }, caller);
          expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "after" } }]);
        }
      }
    });
  });

  it("lists the sessions of this project alone", async () => {
    const DATABASE_URL = `file:${join(temporaryFolder(), "test.db")}`;
    const other = await start({ DATABASE_URL, OPENTOK_API_KEY: "87654321" });
    const id = await other.createSession();
    const ours = await start({ DATABASE_URL });
    expect((await ours.graphql(PAGE)).data.sessions.nodes).toEqual([]);
    expect((await ours.graphql(SESSION, { id })).data.session).toBeNull();
  });
});
