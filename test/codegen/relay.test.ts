import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** What a front end with Relay has: a session that is read again by itself, and two lists that load more. */
const COMPONENTS = `
  graphql\`fragment AppSession_session on Session @refetchable(queryName: "AppSessionRefetchQuery") { sessionId mediaMode }\`;

  graphql\`fragment AppSessionList_query on Query @refetchable(queryName: "AppSessionListPageQuery")
    @argumentDefinitions(count: { type: "Int", defaultValue: 1 }, cursor: { type: "String" }) {
    sessions(first: $count, after: $cursor) @connection(key: "AppSessionList_sessions") {
      edges { node { ...AppSession_session } } } }\`;

  graphql\`fragment AppTokenList_session on Session @refetchable(queryName: "AppTokenListPageQuery")
    @argumentDefinitions(count: { type: "Int", defaultValue: 1 }, cursor: { type: "String" }) {
    issuedTokens(first: $count, after: $cursor) @connection(key: "AppTokenList_issuedTokens") {
      edges { node { role } } } }\`;
`;

let server: TestServer;
let folder: string;

beforeAll(async () => {
  folder = temporaryFolder(afterAll);
  for (const name of ["src", "artifacts"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "src/App.js"), COMPONENTS);
  const paths = { src: "src", artifactDirectory: "artifacts", schema: "schema.graphql" };
  writeFileSync(join(folder, "relay.config.json"), JSON.stringify({ ...paths, language: "javascript" }));
  writeFileSync(join(folder, "schema.graphql"), readFileSync(join(ROOT, "schema.graphql")));
  execFileSync(join(ROOT, "node_modules/.bin/relay-compiler"), ["--noWatchman"], { cwd: folder });
  server = await startServer();
});
afterAll(() => server.close());

/** Asks with the text that the compiler wrote for an operation. */
async function ask(operation: string, variables: Record<string, unknown>) {
  const artifact = readFileSync(join(folder, `artifacts/${operation}.graphql.js`), "utf8");
  const [, text = ""] = /"text": (".*")/.exec(artifact) ?? [];
  const { data, errors } = await server.graphql(JSON.parse(text), variables);
  expect(errors).toEqual([]);
  return data;
}

it("Relay refetches a session by its ID", async () => {
  const id = await server.createSession();
  expect(await ask("AppSessionRefetchQuery", { id })).toEqual({
    node: { __typename: "Session", id, sessionId: id, mediaMode: "RELAYED" },
  });
});

it("Relay loads sessions page by page", async () => {
  const ids = [await server.createSession(), await server.createSession()];
  const { sessions } = await ask("AppSessionListPageQuery", {});
  expect(sessions).toMatchObject({ edges: [{ node: { id: ids[1] } }], pageInfo: { hasNextPage: true } });
  const next = await ask("AppSessionListPageQuery", { cursor: sessions.pageInfo.endCursor });
  expect(next.sessions.edges).toMatchObject([{ node: { id: ids[0] } }]);
});

it("Relay loads the tokens of a session page by page", async () => {
  const id = await server.createSession();
  for (const role of ["MODERATOR", "SUBSCRIBER"])
    await server.graphql(`mutation { generateToken(sessionId: "${id}", role: ${role}) { id } }`);
  const { node } = await ask("AppTokenListPageQuery", { id });
  expect(node.issuedTokens.edges).toMatchObject([{ node: { role: "SUBSCRIBER" } }]);
  const next = await ask("AppTokenListPageQuery", { id, cursor: node.issuedTokens.pageInfo.endCursor });
  expect(next.node.issuedTokens.edges).toMatchObject([{ node: { role: "MODERATOR" } }]);
});
