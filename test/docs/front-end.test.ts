// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import {
  ApolloClient as ApolloClient3,
  HttpLink as HttpLink3,
  InMemoryCache as InMemoryCache3,
} from "apollo-client-3";
import { buildSchema, type DocumentNode, parse, validate } from "graphql";
import type { DetachedWindowAPI } from "happy-dom";
import jwt from "jsonwebtoken";
import { fetchExchange, Client as UrqlClient } from "urql";
import { createServer } from "vite";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_SECRET } from "../support/credentials.ts";
import { startFaultServer } from "../support/fault-server.ts";
import { LONG } from "../support/long.ts";
import { startServer } from "../support/server.ts";
import { Application, fileName } from "./application.ts";
import { type Snippet, snippets } from "./markdown.ts";

const GUIDE = "docs/front-end.md";

/** The names of the blocks in each language. A block that is a file begins with its name. */
const NAMES: Record<string, RegExp | undefined> = {
  graphql: /^src\/operations\/[\w-]+\.graphql$/,
  json: /^relay\.config\.json$/,
  yaml: /^codegen(-\w+)?\.yml$/,
  ts: /^(src\/.*|[\w.-]+)\.ts$/,
  tsx: /^src\/.*\.tsx$/,
  html: /^index\.html$/,
  dotenv: /^\.env$/,
  sh: undefined,
};

const all = snippets(GUIDE);
const named = (snippet: Snippet) => [`${GUIDE}:${snippet.line}, ${snippet.language}`, snippet] as const;

const FOR_APOLLO_3 = ["src/apollo-client-3", "src/generated/hooks.ts"];

/** The application with `codegen.yml`, and with its replacement `codegen.ts`. */
const app = new Application(all);
const trusted = new Application(all);
const codegen = (app: Application, config: string) => app.run("graphql-codegen", "--config", config);
beforeAll(async () => {
  const said = [
    codegen(app, "codegen.yml"),
    codegen(app, "codegen-hooks.yml"),
    codegen(trusted, "codegen.ts"),
    app.run("relay-compiler"),
    trusted.run("relay-compiler"),
  ];
  expect((await Promise.all(said)).join("")).toBe("");
}, 60_000);
afterAll(() => {
  app.remove();
  trusted.remove();
});

it("compiles with both, and in the long form with the hooks of Apollo Client 3, which has another name here", async () => {
  const both = [app, trusted].map(({ folder }) => folder);
  const include = both.flatMap((folder) => [`${folder}/src`, `${folder}/*.ts`]);
  const exclude = both.flatMap((folder) => FOR_APOLLO_3.map((path) => `${folder}/${path}`));
  const hooks = { include: [...FOR_APOLLO_3, "src/opentok.d.ts"] };
  const paths = { "@apollo/client": ["../../node_modules/apollo-client-3"] };
  const said = [app.typecheck({ include, exclude })];
  if (LONG) said.push(app.typecheck(hooks, paths));
  expect((await Promise.all(said)).join("")).toBe("");
}, 60_000);

it("the page loads a file of the guide", () => {
  const page = all.find((snippet) => snippet.language === "html");
  const [, module = ""] = /<script type="module" src="\/([^"]+)"/.exec(page?.code ?? "") ?? [];
  expect(all.map(fileName)).toContain(module);
});

/** A module of the application, as in a browser. */
// biome-ignore lint/suspicious/noExplicitAny: its types are checked with the other snippets
const load = (app: Application, name: string): Promise<any> => import(/* @vite-ignore */ app.path(name));

/** The callers of the guide, with the permissions that its examples need. */
const caller = {
  sub: "bob",
  scope: "sessions:create sessions:read tokens:create",
  video_grant: { roles: ["PUBLISHER", "SUBSCRIBER"], names: ["standup"], sessions: ["*"] },
};

/** A server for the application, and the browser on a page of its origin. */
async function start(env: Record<string, string> = {}) {
  const server = await startServer({ AUTH_JWT_SECRET: JWT_SECRET, ...env });
  onTestFinished(() => server.close());
  const bodies: Record<string, unknown>[] = [];
  const browser = { accessToken: signedJwt(caller) };
  visit(server.origin);
  vi.stubGlobal("fetch", (input: string | URL, init?: RequestInit) => {
    if (String(input).endsWith("/access-token")) return Response.json(browser);
    bodies.push(JSON.parse(String(init?.body)));
    return realFetch(input, init);
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  return { server, bodies, browser, accessToken: browser.accessToken };
}
const realFetch = fetch;
const visit = (url: string) => (window as unknown as { happyDOM: DetachedWindowAPI }).happyDOM.setURL(url);

const grantOf = (token: string) => jwt.verify(token, API_SECRET);

describe("each snippet", () => {
  it.each(all.map(named))("%s, is of a known kind and begins with the name of its file", (_, snippet) => {
    expect(Object.keys(NAMES)).toContain(snippet.language);
    const name = NAMES[snippet.language];
    if (name) expect(fileName(snippet)).toMatch(name);
    else expect(fileName(snippet)).toBeUndefined();
  });

  const schema = buildSchema(readFileSync("schema.graphql", "utf8"));
  it.each(all.filter(({ language }) => language === "graphql").map(named))(
    "%s, fits the schema",
    (_, { code }) => {
      expect(validate(schema, parse(code))).toEqual([]);
    },
  );
});

describe("the application", () => {
  it("joins a room with fetch alone, on a server without authentication", async () => {
    const server = await startServer();
    onTestFinished(() => server.close());
    visit(server.origin);
    const connected = vi.fn();
    vi.stubGlobal("OT", {
      initSession: (...ids: string[]) => ({
        on: () => {},
        connect: (token: string) => connected(...ids, token),
      }),
    });
    onTestFinished(() => void vi.unstubAllGlobals());
    const { joinRoom } = await load(app, "src/quick-start.ts");
    await joinRoom("standup", document.createElement("main"));
    const [applicationId, sessionId, token] = connected.mock.calls[0] ?? [];
    expect(jwt.decode(token)).toMatchObject({ iss: applicationId, session_id: sessionId });
    await expect(joinRoom("", document.createElement("main"))).rejects.toThrow("name must");
  });

  it("shows the page, the error beside its field, and the call", async () => {
    const { server, browser } = await start();
    const connected = vi.fn();
    let end = () => {};
    vi.stubGlobal("OT", {
      initSession: (...ids: string[]) => ({
        on: (event: string, listener: () => void) => {
          if (event === "sessionDisconnected") end = listener;
        },
        off: () => {},
        disconnect: () => {},
        connect: (token: string) => connected(...ids, token),
      }),
    });
    for (let room = 0; room < 21; room += 1)
      await server.graphql("mutation { createSession { id } }", {}, browser.accessToken);

    await load(app, "src/main.tsx");
    const text = () => document.body.textContent ?? "";
    const button = (label: string) =>
      [...document.querySelectorAll("button")].find(({ textContent }) => textContent?.includes(label));
    await expect.poll(text).toContain("20 of 21 sessions");
    button("More")?.click();
    await expect.poll(text).toContain("21 of 21 sessions");
    expect(document.querySelectorAll("li")).toHaveLength(21);

    const type = (value: string) => {
      const input = document.querySelector("input");
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(input, value);
      input?.dispatchEvent(new Event("input", { bubbles: true }));
    };
    type("x".repeat(1001));
    button("Join")?.click();
    await expect.poll(text).toMatch(/Your name: data must .*1000/);

    browser.accessToken = signedJwt({
      ...caller,
      video_grant: { ...caller.video_grant, sessions: [], names: [] },
    });
    type("bob");
    button("Join")?.click();
    await expect.poll(text).toContain("Not allowed: ");
    browser.accessToken = "of nobody";
    button("Join")?.click();
    await expect.poll(text).toContain("Send the header Authorization");

    browser.accessToken = signedJwt(caller);
    button("Join")?.click();
    await expect.poll(() => connected.mock.calls.length).toBe(1);
    const [applicationId, sessionId, token] = connected.mock.calls[0] ?? [];
    expect(grantOf(token)).toMatchObject({
      iss: applicationId,
      session_id: sessionId,
      connection_data: "bob",
    });
    const { client } = await load(app, "src/client.ts");
    const cached = JSON.stringify(client.cache.extract());
    expect([cached.includes("Session:"), cached.includes(token)]).toEqual([true, false]);
    end();
    await expect.poll(() => button("Join")).toBeDefined();
  });

  it("gets tokens with urql and graphql-request", async () => {
    const { server, bodies, accessToken } = await start();
    const { SessionsDocument, GenerateTokenDocument } = await load(app, "src/generated/graphql.ts");
    const { joinRoom } = await load(app, "src/join-room.ts");
    const { session, problem } = await joinRoom(server.url, accessToken, "standup");
    expect(problem).toBeUndefined();
    const { sessionId, generateToken } = session;
    expect(grantOf(generateToken.token)).toMatchObject({ session_id: sessionId });
    const stranger = signedJwt({ ...caller, video_grant: { roles: ["PUBLISHER"], names: ["planning"] } });
    expect(await joinRoom(server.url, stranger, "standup")).toMatchObject({
      session: null,
      problem: { code: "FORBIDDEN", requiredName: "standup" },
    });

    const { client } = await load(app, "src/urql/client.ts");
    const { data } = await client.mutation(GenerateTokenDocument, { sessionId }).toPromise();
    expect(grantOf(data.generateToken.token)).toMatchObject({ session_id: sessionId });
    expect((await client.query(SessionsDocument, {}).toPromise()).data.sessions.totalCount).toBe(1);
    const { stillWorks } = await load(app, "src/still-works.ts");
    expect([stillWorks(data.generateToken), stillWorks({ expiresAt: new Date().toISOString() })]).toEqual([
      true,
      false,
    ]);
    expect(bodies).toHaveLength(4);
  });

  it("shows partial data beside the reason for refusals, with graphql-request and fetch", async () => {
    const { server } = await start();
    const { JoinRoomDocument } = await load(app, "src/generated/graphql.ts");
    const { joinRoom } = await load(app, "src/join-room.ts");
    const { ask } = await load(app, "src/ask.ts");
    const watcher = signedJwt({ ...caller, video_grant: { ...caller.video_grant, roles: ["SUBSCRIBER"] } });
    const session = { sessionId: expect.stringMatching(/^[12]_/), generateToken: null };
    const problem = { code: "FORBIDDEN", requiredRole: "PUBLISHER", retryable: false };
    expect(await joinRoom(server.url, watcher, "standup")).toMatchObject({ session, problem });
    expect(await ask(server.url, watcher, JoinRoomDocument, { room: "standup" })).toMatchObject({
      data: { ensureSession: session },
      problem,
    });
  });

  it("reaches the server through Vite's proxy", async () => {
    const { server, accessToken } = await start();
    const { default: config } = await load(app, "vite.config.ts");
    expect(Object.values(config.server.proxy)).toEqual(["http://127.0.0.1:4000"]);
    const proxy = Object.fromEntries(Object.keys(config.server.proxy).map((path) => [path, server.origin]));
    const vite = await createServer({
      configFile: false,
      root: app.path("."),
      logLevel: "silent",
      server: { port: 0, host: "127.0.0.1", proxy, watch: null },
      optimizeDeps: { noDiscovery: true },
    });
    onTestFinished(() => vite.close());
    await vite.listen();
    const address = vite.httpServer?.address();
    if (typeof address !== "object" || !address) throw new Error("Vite does not listen");
    visit(`http://127.0.0.1:${address.port}/`);
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${accessToken}` },
      body: JSON.stringify({ query: "{ videoCaller { subject } }" }),
    });
    expect(await response.json()).toEqual({ data: { videoCaller: { subject: "bob" } } });
  });
});

/** How each client of the guide handles the answer to `GenerateToken`. */
const CLIENTS: Record<string, (url: string, document: unknown, app: Application) => Promise<object | null>> =
  {
    async "Apollo Client 4"(uri, mutation) {
      const { explain } = await load(app, "src/explain.ts");
      const client = new ApolloClient({ link: new HttpLink({ uri }), cache: new InMemoryCache() });
      const { error } = await client.mutate({
        mutation: mutation as DocumentNode,
        variables,
        errorPolicy: "all",
      });
      return error ? explain(error) : null;
    },
    async "Apollo Client 3"(uri, mutation) {
      const { explain } = await load(app, "src/apollo-client-3/explain.ts");
      const client = new ApolloClient3({ link: new HttpLink3({ uri }), cache: new InMemoryCache3() });
      return client.mutate({ mutation: mutation as DocumentNode, variables }).then(() => null, explain);
    },
    async urql(url, mutation) {
      const { explain } = await load(app, "src/urql/explain.ts");
      const client = new UrqlClient({ url, exchanges: [fetchExchange], preferGetMethod: false });
      const { error } = await client.mutation(mutation as DocumentNode, variables).toPromise();
      return error ? explain(error) : null;
    },
    async "graphql-request"(url) {
      const { joinRoom } = await load(app, "src/join-room.ts");
      return (await joinRoom(url, "x", "standup")).problem ?? null;
    },
    async fetch(url, document) {
      const { ask } = await load(app, "src/ask.ts");
      return (await ask(url, "x", document, variables)).problem ?? null;
    },
  };
const variables = { sessionId: "1_x" };

/** Answers, and the problem shown on the page. */
const ANSWERS: [answer: string, status: number, type: string, body: string, problem: object][] = [
  ["a page of a proxy", 502, "text/html", "<html></html>", { message: expect.stringContaining("502") }],
  ["nothing of a proxy", 504, "application/json", "", { message: expect.stringContaining("504") }],
  ...[
    "{}",
    "null",
    '{"errors":{"name":["wrong"]}}',
    '{"errors":[{"title":"away"}]}',
    '{"errors":"away"}',
  ].map((body): (typeof ANSWERS)[number] => [
    `JSON that is no answer, ${body}`,
    503,
    "application/json",
    body,
    { message: expect.stringContaining("503") },
  ]),
];
for (const [code, status] of [
  ["UNAUTHENTICATED", 401],
  ["QUERY_NOT_IN_SAFELIST", 400],
  ["GRAPHQL_PARSE_FAILED", 400],
  ["RATE_LIMITED", 429],
  ["LEDGER_UNAVAILABLE", 503],
  ["FORBIDDEN", 200],
] as const) {
  const message = `It is ${code}`;
  const extensions = { code, retryable: false, argument: "data" };
  const data = status === 200 ? { data: { generateToken: null, ensureSession: null } } : {};
  const body = JSON.stringify({ errors: [{ message, extensions }], ...data });
  for (const type of ["application/graphql-response+json", "application/json"])
    ANSWERS.push([code, status, type, body, { message, ...extensions }]);
}

describe.each(Object.entries(CLIENTS))("with %s, a page", (_, problemWith) => {
  const problemOf = async (url: string) => {
    const { GenerateTokenDocument } = await load(app, "src/generated/graphql.ts");
    return problemWith(url, GenerateTokenDocument, app);
  };

  it.each(ANSWERS)("says what the server says: %s, %i in %s", async (_, status, type, body, problem) => {
    const server = await startFaultServer((response) => {
      response.writeHead(status, { "content-type": `${type}; charset=utf-8` }).end(body);
    });
    onTestFinished(() => server.close());
    visit(server.url);
    const shown = await problemOf(`${server.url}/graphql`);
    expect(shown).toEqual(problem);
    expect(JSON.stringify(shown)).not.toContain("reached");
  });

  it("says that the server cannot be reached only without an answer", async () => {
    // Like browsers; happy-dom throws another error.
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(await problemOf("http://127.0.0.1:1/graphql")).toEqual({
      message: "The server cannot be reached.",
    });
  });

  it("reads the code of an answer to an unauthenticated caller", async () => {
    const { server } = await start();
    vi.unstubAllGlobals();
    expect(await problemOf(server.url)).toMatchObject({ code: "UNAUTHENTICATED", retryable: false });
  });
});

describe("with trusted documents, the application", () => {
  it("sends IDs, and the server executes nothing else", async () => {
    const { server, bodies, accessToken } = await start({
      TRUSTED_DOCUMENTS: "enforce",
      TRUSTED_DOCUMENTS_MANIFEST: trusted.path("src/generated/persisted-documents.json"),
    });
    const { JoinRoomDocument, SessionsDocument, GenerateTokenDocument } = await load(
      trusted,
      "src/generated/graphql.ts",
    );

    const { clientOf } = await load(trusted, "src/send-the-id.ts");
    const room = { room: "standup" };
    const { ensureSession } = await clientOf(server.url, accessToken, JoinRoomDocument).request(
      JoinRoomDocument,
      room,
    );
    const { sessionId } = ensureSession;
    expect(grantOf(ensureSession.generateToken.token)).toMatchObject({ session_id: sessionId });

    const { client: apollo } = await load(trusted, "src/trusted-client.ts");
    const made = await apollo.mutate({
      mutation: GenerateTokenDocument,
      variables: { sessionId },
      fetchPolicy: "no-cache",
    });
    expect(grantOf(made.data.generateToken.token)).toMatchObject({ session_id: sessionId });
    const listed = await apollo.query({ query: SessionsDocument });
    expect(listed.data.sessions.nodes).toMatchObject([{ id: sessionId }]);
    expect(apollo.cache.extract()).toHaveProperty([`Session:${sessionId}`]);

    const { client: urql } = await load(trusted, "src/urql/trusted-client.ts");
    const { data } = await urql.mutation(GenerateTokenDocument, { sessionId }).toPromise();
    expect(grantOf(data.generateToken.token)).toMatchObject({ session_id: sessionId });
    expect((await urql.query(SessionsDocument, {}).toPromise()).data.sessions.totalCount).toBe(1);

    expect(bodies).toHaveLength(5);
    expect(bodies.filter(({ query }) => query !== undefined)).toEqual([]);

    const { client: untrusted } = await load(trusted, "src/urql/client.ts");
    const { error } = await untrusted.query(SessionsDocument, {}).toPromise();
    expect(error.graphQLErrors).toMatchObject([{ extensions: { code: "QUERY_NOT_IN_SAFELIST" } }]);
  });
});
