// @vitest-environment happy-dom
import { once } from "node:events";
import { join } from "node:path";
import type { DetachedWindowAPI } from "happy-dom";
import jwt from "jsonwebtoken";
import { type ComponentType, createElement, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { ConnectionHandler, createOperationDescriptor, type Environment, fetchQuery } from "relay-runtime";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import WebSocket from "ws";
import { explain, JoinRoomDocument, ParticipantsDocument } from "../../packages/client/src/index.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_SECRET } from "../support/credentials.ts";
import { freePort } from "../support/postgres.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { Application, fileName, missingInExample } from "./application.ts";
import { DOCUMENTS, ROOT, type Snippet, snippets } from "./markdown.ts";

/** Their snippets are one application. */
const PAGES = [
  "docs/front-end.md",
  "docs/clients/apollo-client-3.md",
  "docs/clients/gql-tada.md",
  "docs/clients/graphql-request.md",
  "docs/clients/own-operations.md",
  "docs/clients/relay.md",
  "docs/clients/tanstack-query.md",
  "docs/clients/trusted-documents.md",
  "docs/clients/urql.md",
  "docs/clients/vue.md",
];

/** The names of the blocks in each language. A block that is a file begins with its name. */
const NAMES: Record<string, RegExp | undefined> = {
  graphql: /^src\/operations\/[\w-]+\.graphql$/,
  json: /^(relay\.config|tsconfig)\.json$/,
  yaml: /^codegen\.yml$/,
  ts: /^(src\/.*|[\w.-]+)\.ts$/,
  tsx: /^src\/.*\.tsx$/,
  vue: /^src\/.*\.vue$/,
  dotenv: /^\.env$/,
  sh: undefined,
};

const all = PAGES.flatMap(snippets);
const named = (snippet: Snippet) => [`${snippet.document}:${snippet.line}`, snippet] as const;

const app = new Application(all);
beforeAll(async () => {
  const said = [
    app.run("graphql-codegen", "--config", "codegen.yml"),
    app.run("gql.tada", "generate-output"),
    app.run("relay-compiler"),
  ];
  expect((await Promise.all(said)).join("")).toBe("");
}, 120_000);
afterAll(() => app.remove());

it("has a test for each page of a client", () => {
  const clients = DOCUMENTS.filter((document) => document.startsWith("docs/clients/"));
  expect(["docs/front-end.md", ...clients].sort()).toEqual([...PAGES].sort());
});

it.each(all.map(named))(
  "%s is of a known kind, begins with the name of its file, and fits the example",
  (_, snippet) => {
    expect(Object.keys(NAMES)).toContain(snippet.language);
    const name = NAMES[snippet.language];
    if (name) expect(fileName(snippet)).toMatch(name);
    else expect(fileName(snippet)).toBeUndefined();
    expect(missingInExample(snippet) ?? []).toEqual([]);
  },
);

it("compiles, also with Apollo Client 3, which has another name here", async () => {
  const ofApollo3 = app.modules.filter((name) => name.includes("apollo-client-3"));
  const others = app.modules.filter((name) => !ofApollo3.includes(name));
  const modules = "../../node_modules/apollo-client-3";
  const said = [
    app.typecheck("others", others),
    app.typecheck("apollo-3", ofApollo3, {
      "@apollo/client": [modules],
      "@apollo/client/*": [`${modules}/*`],
    }),
  ];
  expect((await Promise.all(said)).join("")).toBe("");
}, 120_000);

/** A module of the application, as in a browser. */
// biome-ignore lint/suspicious/noExplicitAny: its types are checked with the other snippets
const load = (name: string): Promise<any> => import(/* @vite-ignore */ app.path(name));

const realFetch = fetch;
/** A client may wait for up to 30 seconds before it connects again. */
const PATIENT = { timeout: 60_000 };
/** The caller of the page. Its token is a JWT that the back end of the page gives. */
const page = { accessToken: signedJwt(EVERYTHING), type: "application/json" };
/** The bodies of the requests. */
const bodies: Record<string, unknown>[] = [];
/** The sockets that reached no server. The client of graphql-ws keeps the `WebSocket` of the first test. */
let unreached = 0;

beforeAll(() => {
  // The example needs no login.
  app.write("src/access-token.ts", 'export { accessToken } from "./back-end.ts";');
  vi.stubGlobal("fetch", (input: string | URL, init?: RequestInit) => {
    if (String(input).endsWith("/access-token"))
      return new Response(JSON.stringify(page), { headers: { "content-type": page.type } });
    bodies.push(JSON.parse(String(init?.body)));
    return realFetch(input, init);
  });
  vi.stubGlobal(
    "WebSocket",
    class extends WebSocket {
      constructor(url: string, protocols: string) {
        super(url, protocols, { origin: location.origin });
        this.once("error", () => {
          unreached += 1;
        });
      }
    },
  );
});
afterAll(() => void vi.unstubAllGlobals());

/** A server until the test ends, unless the test closes it, and the browser on a page of its origin. */
async function start(env: Record<string, string> = {}, closes = false) {
  const server = await startServer({ AUTH_JWT_SECRET: JWT_SECRET, ...env });
  if (!closes) onTestFinished(() => server.close());
  visit(server);
  Object.assign(page, { accessToken: signedJwt(EVERYTHING), type: "application/json" });
  bodies.length = 0;
  return server;
}
const visit = ({ origin }: TestServer) =>
  (window as unknown as { happyDOM: DetachedWindowAPI }).happyDOM.setURL(`${origin}/`);

/** An element of the page until the test ends. */
function place(): HTMLElement {
  const element = document.body.appendChild(document.createElement("main"));
  onTestFinished(() => element.remove());
  return element;
}

/** Shows an element until the test ends. */
function show(element: ReactNode): HTMLElement {
  const main = place();
  const root = createRoot(main);
  root.render(element);
  onTestFinished(() => root.unmount());
  return main;
}

const textOf = (element: Element) => element.textContent ?? "";
const buttonOf = (element: Element, label: string) =>
  [...element.querySelectorAll("button")].find(({ textContent }) => textContent === label);

/** A page that shows what a hook for a token returns. */
function showHook(useRoom: (room: string) => { token?: string; explanation?: { code: string } }) {
  const Hook = () => {
    const { token, explanation } = useRoom("standup");
    return <p>{explanation?.code ?? token}</p>;
  };
  return show(<Hook />);
}

async function showWithApollo(name: string, component: string, props: object) {
  const { ApolloProvider } = await import("@apollo/client/react");
  const { client } = await load("src/client.ts");
  const Component: ComponentType = (await load(`src/${name}.tsx`))[component];
  return show(<ApolloProvider client={client}>{createElement(Component, props)}</ApolloProvider>);
}

async function showWithUrql(name: string, props: object) {
  const { Provider } = await import("urql");
  const { client } = await load("src/urql/client.ts");
  const Component: ComponentType = (await load(`src/urql/${name}.tsx`))[name];
  return show(<Provider value={client}>{createElement(Component, props)}</Provider>);
}

async function showWithVue(name: string, props: Record<string, unknown>) {
  const [{ createApp }, { default: urql }, { client }, { default: component }] = await Promise.all([
    import("vue"),
    import("@urql/vue"),
    load("src/urql/client.ts"),
    load(`src/vue/${name}.vue.ts`),
  ]);
  const main = place();
  const vue = createApp(component, props).use(urql, client);
  vue.mount(main);
  onTestFinished(() => vue.unmount());
  return main;
}

async function showWithTanStack(props: object) {
  const { QueryClientProvider } = await import("@tanstack/react-query");
  const { queryClient } = await load("src/tanstack-query/client.ts");
  const { Participants } = await load("src/tanstack-query/Participants.tsx");
  onTestFinished(() => queryClient.clear());
  return show(
    <QueryClientProvider client={queryClient}>{createElement(Participants, props)}</QueryClientProvider>,
  );
}

/** The client of the page on Apollo Client 3, which has another name here. */
async function apolloClient3() {
  app.write(
    "src/apollo-client-3/all.ts",
    'export * from "./client.ts"; export * from "@stagepass/client/apollo";',
  );
  const bundle = await rolldown({
    input: app.path("src/apollo-client-3/all.ts"),
    resolve: { alias: { "@apollo/client": join(ROOT, "node_modules/apollo-client-3") } },
    external: [/^react(\/|$)/, /^graphql(\/|$)/],
  });
  await bundle.write({ file: app.path("apollo-client-3.js") });
  await bundle.close();
  return load("apollo-client-3.js");
}

/** Replaces `graphql` by what Relay's compiler wrote, as its plugins for Babel and Vite do. */
function compiledForRelay(): string {
  const source = all.find((snippet) => fileName(snippet) === "src/relay/participants.ts")?.code ?? "";
  const artifacts: string[] = [];
  const code = source.replaceAll(/graphql`\s*\w+ (\w+)[^`]*`/g, (_, name) => {
    artifacts.push(`import artifact_${name} from "./__generated__/${name}.graphql";\n`);
    return `artifact_${name}`;
  });
  app.write("src/relay/compiled.ts", artifacts.join("") + code);
  return "src/relay/compiled.ts";
}

/** A client of the local platform, in the session with an identity. */
async function joinAs(server: TestServer, credential: string, sessionId: string, identity: string) {
  const { data } = await server.graphql(
    "mutation($sessionId: ID!, $identity: String) { generateToken(sessionId: $sessionId, identity: $identity, data: $identity) { token } }",
    { sessionId, identity },
    credential,
  );
  const socket = new WebSocket(`${server.origin.replace("http", "ws")}/local/join`);
  await once(socket, "open");
  const send = (message: object) => socket.send(JSON.stringify(message));
  send({ type: "join", token: data.generateToken.token });
  await once(socket, "message");
  onTestFinished(() => socket.terminate());
  return { publish: () => send({ type: "publish" }), leave: () => send({ type: "leave" }) };
}

/** The participants of a connection in Relay's store, as the other pages show them. */
function participantsInRelay(environment: Environment, connection: string): string[] {
  // biome-ignore lint/suspicious/noExplicitAny: records have the fields of their types
  const record = (id: string): any => environment.getStore().getSource().get(id);
  const edges: string[] = record(connection)?.edges.__refs ?? [];
  return edges
    .map((edge) => record(record(edge).node.__ref))
    .map(({ identity, streams }) => `${identity}, ${streams.__refs.length} streams`);
}

/** The session of the room of the pages. */
async function roomOf(server: TestServer): Promise<string> {
  const query = 'mutation { ensureSession(name: "standup", mediaMode: ROUTED) { sessionId } }';
  return (await server.graphql(query, {}, page.accessToken)).data.ensureSession.sessionId;
}

describe("the page", () => {
  it("shows a list that grows, a button with its reason, and a fault", async () => {
    const server = await start();
    for (let room = 0; room < 21; room += 1)
      await server.graphql("mutation { createSession { id } }", {}, page.accessToken);
    const list = await showWithApollo("Sessions", "Sessions", {});
    await expect.poll(() => textOf(list)).toContain("20 of 21 sessions");
    buttonOf(list, "More")?.click();
    await expect.poll(() => textOf(list)).toContain("21 of 21 sessions");
    expect(list.querySelectorAll("li")).toHaveLength(21);

    page.accessToken = signedJwt({ ...EVERYTHING, scope: "sessions:read participants:manage" });
    const ban = await showWithApollo("BanButton", "BanButton", { sessionId: await roomIn(server) });
    await expect.poll(() => buttonOf(ban, "Ban")?.title).toMatch(/bans:manage/);
    expect(buttonOf(ban, "Ban")?.disabled).toBe(true);

    page.accessToken = signedJwt(EVERYTHING);
    const { ApolloClient, ApolloLink, InMemoryCache } = await import("@apollo/client");
    const { faultLink } = await load("src/fault-link.ts");
    const { link } = (await load("src/client.ts")).client;
    history.replaceState(null, "", "/?fault=RATE_LIMITED");
    const client = new ApolloClient({ link: ApolloLink.from([faultLink, link]), cache: new InMemoryCache() });
    const failed = client.mutate({ mutation: JoinRoomDocument, variables: { room: "standup" } });
    await expect(failed.catch(explain)).resolves.toMatchObject({ code: "RATE_LIMITED", retryable: true });
  }, 60_000);

  it("asks the user to log in where the server of the page answers with its index", async () => {
    await start();
    page.type = "text/html";
    const { accessToken } = await load("src/back-end.ts");
    expect(explain(await accessToken().catch((error: unknown) => error)).code).toBe("UNAUTHENTICATED");
  });
});
const roomIn = async (server: TestServer) => {
  const credential = signedJwt(EVERYTHING);
  return (await server.graphql("mutation { createSession { id } }", {}, credential)).data.createSession.id;
};

/** The pages with a hook for a token, in React. */
const HOOKS = [
  "src/tanstack-query/use-room.ts",
  "src/graphql-request.ts",
  "src/relay/environment.ts",
  "src/bans.ts",
];

/** The pages with a component, which share one client. */
const ROOMS = [
  () => showWithUrql("Room", { room: "standup" }),
  () => showWithVue("Room", { room: "standup" }),
];

it("each client gets a token, or says why it may not", async () => {
  const server = await start();
  const sessionId = await roomOf(server);
  const { client, sendWithApollo } = await apolloClient3();
  const hooks = await Promise.all(HOOKS.map(async (name) => (await load(name)).useRoom));
  for (const shown of hooks.map(showHook)) {
    await expect.poll(() => textOf(shown)).toMatch(/^eyJ/);
    expect(jwt.verify(textOf(shown), API_SECRET)).toMatchObject({ session_id: sessionId });
  }
  for (const shown of await Promise.all(ROOMS.map((showRoom) => showRoom())))
    await expect.poll(() => shown.querySelector("ul")).not.toBeNull();
  const joined = await sendWithApollo(client)(JoinRoomDocument, { room: "standup", mediaMode: "ROUTED" });
  expect(joined.ensureSession.sessionId).toBe(sessionId);
  const listed = await client.query({ query: ParticipantsDocument, variables: { sessionId } });
  expect(listed.data.session.participants.edges).toEqual([]);
  expect(JSON.stringify(client.cache.extract())).not.toContain(joined.ensureSession.generateToken.token);

  page.accessToken = signedJwt({ ...EVERYTHING, video_grant: { roles: ["PUBLISHER"], names: ["planning"] } });
  for (const shown of hooks.map(showHook)) await expect.poll(() => textOf(shown)).toBe("FORBIDDEN");
  for (const shown of await Promise.all(ROOMS.map((showRoom) => showRoom()))) {
    await expect.poll(() => textOf(shown)).toContain("Not allowed");
    expect(buttonOf(shown, "Try again")).toBeDefined();
  }
  const refused = sendWithApollo(client)(JoinRoomDocument, { room: "standup" });
  expect(explain(await refused.catch((error: unknown) => error)).code).toBe("FORBIDDEN");
  const { tokenOrReason } = await load("src/token-or-reason.ts");
  expect(await tokenOrReason("standup")).toMatchObject({ reason: { code: "FORBIDDEN" } });
  page.accessToken = signedJwt({ ...EVERYTHING, scope: "sessions:read" });
  const { bans } = await load("src/bans.ts");
  expect(await bans({ first: 1 })).toEqual({ reason: expect.stringContaining("bans:manage") });
}, 120_000);

it("each client shows who joins, publishes and leaves, also after it connects to another server with another credential", async () => {
  const env = {
    DATABASE_URL: `file:${join(temporaryFolder(), "test.db")}`,
    PORT: String(await freePort()),
  };
  const first = await start(env, true);
  const credential = page.accessToken;
  const sessionId = await roomOf(first);
  await joinAs(first, credential, sessionId, "ann");

  const pages = [
    await showWithUrql("Participants", { sessionId }),
    await showWithVue("Participants", { sessionId }),
    await showWithTanStack({ sessionId }),
  ];
  const { environment } = await load("src/relay/environment.ts");
  const { query, followParticipants } = await load(compiledForRelay());
  const operation = createOperationDescriptor(query, { sessionId });
  environment.retain(operation);
  // As `useLazyLoadQuery` does.
  await fetchQuery(environment, query, { sessionId }).toPromise();
  onTestFinished(followParticipants(sessionId));
  const connection = ConnectionHandler.getConnectionID(`Session:${sessionId}`, "Session_participants");
  const shown = () =>
    [
      ...pages.map((page) =>
        [...page.querySelectorAll("li, [role=alert]")].map((item) => textOf(item).trim()),
      ),
      participantsInRelay(environment, connection),
    ].map((items) => items.sort());
  const everywhere = (...items: string[]) => shown().map(() => items);
  await expect.poll(shown, PATIENT).toEqual(everywhere("ann, 0 streams"));

  const bob = await joinAs(first, credential, sessionId, "bob");
  await expect.poll(shown, PATIENT).toEqual(everywhere("ann, 0 streams", "bob, 0 streams"));
  bob.publish();
  await expect.poll(shown, PATIENT).toEqual(everywhere("ann, 0 streams", "bob, 1 streams"));
  bob.leave();
  await expect.poll(shown, PATIENT).toEqual(everywhere("ann, 0 streams"));

  await first.close();
  const before = unreached;
  await expect.poll(() => unreached, PATIENT).toBeGreaterThan(before);
  // The second server refuses it with 4403, and the client tries again.
  page.accessToken = signedJwt({ ...EVERYTHING, exp: 1 });
  const second = await startServer({ AUTH_JWT_SECRET: JWT_SECRET, ...env });
  onTestFinished(() => second.close());
  const refused = () => second.log().filter(({ msg, code }) => msg === "socket" && code === 4403);
  await expect.poll(refused, PATIENT).not.toEqual([]);
  page.accessToken = signedJwt({ ...EVERYTHING, sub: "another" });
  await joinAs(second, credential, sessionId, "eve");
  await expect
    .poll(() => shown().map((items) => items.includes("eve, 0 streams")), PATIENT)
    .not.toContain(false);
}, 180_000);

it("with trusted documents, the server executes those of the kit and of the page, and nothing else", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await load("trusted-documents.ts");
  const [[manifest]] = log.mock.calls as [[string]];
  log.mockRestore();
  app.write("persisted-documents.json", manifest);
  const server = await start({
    TRUSTED_DOCUMENTS: "enforce",
    TRUSTED_DOCUMENTS_MANIFEST: app.path("persisted-documents.json"),
  });

  const { send } = await load("src/tanstack-query/client.ts");
  const room = { room: "standup", mediaMode: "ROUTED" };
  const { sessionId } = (await send(JoinRoomDocument, room)).ensureSession;
  const { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } = await import("@apollo/client");
  const { client } = await load("src/client.ts");
  const { idLink } = await load("src/id-link.ts");
  const { SessionsDocument } = await load("src/generated/graphql.ts");
  const credential = { authorization: `Bearer ${page.accessToken}` };
  const withIds = new ApolloClient({
    link: ApolloLink.from([idLink, new HttpLink({ uri: server.url, headers: credential })]),
    cache: new InMemoryCache(),
  });
  for (const apollo of [client, withIds]) {
    const options = { fetchPolicy: "network-only", query: SessionsDocument } as const;
    expect((await apollo.query(options)).data.sessions.edges).toMatchObject([{ node: { id: sessionId } }]);
    const listed = await apollo.query({ query: ParticipantsDocument, variables: { sessionId } });
    expect(listed.data.session.participants.edges).toEqual([]);
  }
  expect(bodies.slice(-2).filter(({ query }) => query !== undefined)).toEqual([]);

  const other = client.query({ query: gql("{ videoCaller { subject } }") });
  expect(explain(await other.catch((error: unknown) => error)).code).toBe("QUERY_NOT_IN_SAFELIST");
}, 60_000);
