// @vitest-environment happy-dom
import { once } from "node:events";
import { join } from "node:path";
import type { DetachedWindowAPI } from "happy-dom";
import type { ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { createOperationDescriptor } from "relay-runtime";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import WebSocket from "ws";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { freePort } from "../support/postgres.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { Application } from "./application.ts";
import { snippets } from "./markdown.ts";

const GUIDE = "docs/front-end.md";
const app = new Application(snippets(GUIDE));
beforeAll(async () => {
  const said = [app.run("graphql-codegen", "--config", "codegen.yml"), app.run("relay-compiler")];
  expect((await Promise.all(said)).join("")).toBe("");
  // As Relay's plugin for Babel or Vite does.
  const { code = "" } =
    snippets(GUIDE).find(({ code }) => code.startsWith("// src/relay/participants.ts")) ?? {};
  const artifacts: string[] = [];
  const replaced = code.replaceAll(/graphql`\s*\w+ (\w+)[^`]*`/g, (_, name) => {
    artifacts.push(`import artifact_${name} from "./__generated__/${name}.graphql";\n`);
    return `artifact_${name}`;
  });
  app.write("src/relay/participants.ts", artifacts.join("") + replaced);
}, 60_000);
afterAll(() => app.remove());

/** A module of the application, as in a browser. */
// biome-ignore lint/suspicious/noExplicitAny: its types are checked with the other snippets
const load = (name: string): Promise<any> => import(/* @vite-ignore */ app.path(name));

const realFetch = fetch;
/** A client may wait for up to 30 seconds before it connects again. */
const PATIENT = { timeout: 40_000 };

/** The sockets that reached no server. The client of graphql-ws keeps the `WebSocket` of the first test. */
let unreached = 0;

/** A browser on a page of this origin, whose back end gives this credential. */
function browse(origin: string, page: { accessToken: string }): void {
  (window as unknown as { happyDOM: DetachedWindowAPI }).happyDOM.setURL(origin);
  vi.stubGlobal("fetch", (input: string | URL, init?: RequestInit) =>
    String(input).endsWith("/access-token") ? Response.json(page) : realFetch(input, init),
  );
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
  onTestFinished(() => void vi.unstubAllGlobals());
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
  const heard: string[] = [];
  socket.on("message", (message) => heard.push(JSON.parse(String(message)).type));
  send({ type: "join", token: data.generateToken.token });
  await once(socket, "message");
  onTestFinished(() => socket.terminate());
  return {
    publish: () => send({ type: "publish" }),
    leave: () => send({ type: "leave" }),
    heard: () => heard,
  };
}

/** Shows an element until the test ends. */
function show(element: ReactNode): void {
  const root = createRoot(document.body.appendChild(document.createElement("main")));
  root.render(element);
  onTestFinished(() => {
    root.unmount();
    document.body.replaceChildren();
  });
}

/** How each client of the guide follows a session: it returns the participants that it shows now. */
const CLIENTS: Record<string, (sessionId: string) => Promise<() => string[]>> = {
  async "Apollo Client 4"(sessionId) {
    const { ApolloProvider } = await import("@apollo/client/react");
    const { client } = await load("src/live-client.ts");
    const { Participants } = await load("src/Participants.tsx");
    show(
      <ApolloProvider client={client}>
        <Participants sessionId={sessionId} />
      </ApolloProvider>,
    );
    onTestFinished(() => client.stop());
    return items;
  },
  async urql(sessionId) {
    const { Provider } = await import("urql");
    const { client } = await load("src/urql/live-client.ts");
    const { Participants } = await load("src/urql/Participants.tsx");
    show(
      <Provider value={client}>
        <Participants sessionId={sessionId} />
      </Provider>,
    );
    return items;
  },
  async Relay(sessionId) {
    const { environment } = await load("src/relay/environment.ts");
    const { query, followParticipants } = await load("src/relay/participants.ts");
    const operation = createOperationDescriptor(query, { sessionId });
    environment.retain(operation);
    onTestFinished(followParticipants(sessionId));
    return () => {
      const { session } = environment.lookup(operation.fragment).data;
      const edges: { node: { identity: string; streams: unknown[] } }[] = session?.participants.edges ?? [];
      return edges.map(({ node }) => `${node.identity}, ${node.streams.length} streams`);
    };
  },
};
const items = () =>
  [...document.querySelectorAll("li, [role=alert]")].map(({ textContent }) => textContent ?? "");

it("a moderator mutes, removes and bans with the buttons of a page, and a banned user reads why", async () => {
  const server = await startServer({ AUTH_JWT_SECRET: JWT_SECRET });
  onTestFinished(() => server.close());
  const credential = signedJwt(EVERYTHING);
  const page = { accessToken: credential };
  browse(server.origin, page);
  const { data } = await server.graphql("mutation { createSession { id } }", {}, credential);
  const sessionId = data.createSession.id;
  const bob = await joinAs(server, credential, sessionId, "bob");
  bob.publish();

  const { ApolloProvider } = await import("@apollo/client/react");
  const { client } = await load("src/live-client.ts");
  const { Moderation } = await load("src/Moderation.tsx");
  const { ParticipantsDocument, GenerateTokenDocument } = await load("src/generated/graphql.ts");
  onTestFinished(() => client.stop());
  const present = async () => {
    const asked = { query: ParticipantsDocument, variables: { sessionId }, fetchPolicy: "network-only" };
    return (await client.query(asked)).data.session.participants.nodes;
  };
  await expect.poll(async () => (await present())[0]?.streams, PATIENT).toHaveLength(1);
  const [{ id }] = await present();
  show(
    <ApolloProvider client={client}>
      <Moderation id={id} />
    </ApolloProvider>,
  );
  const click = (label: string) =>
    [...document.querySelectorAll("button")].find(({ textContent }) => textContent === label)?.click();
  await expect.poll(() => document.querySelectorAll("button").length).toBe(3);
  click("Mute");
  await expect.poll(bob.heard).toContain("muted");
  click("Ban for an hour");
  await expect.poll(present, PATIENT).toEqual([]);
  click("Mute");
  await expect.poll(items).toEqual([expect.stringContaining("left")]);

  const { explain } = await load("src/explain.ts");
  const { refusal } = await load("src/refusal.ts");
  page.accessToken = signedJwt({
    ...EVERYTHING,
    video_grant: { ...EVERYTHING.video_grant, identity: "bob" },
  });
  const again = client.mutate({ mutation: GenerateTokenDocument, variables: { sessionId } });
  const problem = explain(await again.catch((error: Error) => error));
  expect(refusal(problem)).toMatch(/^You can join this room again after \S/);
  expect(refusal({ ...problem, bannedUntil: null })).toBe("You cannot join this room.");
  expect(refusal({ code: "SESSION_FULL", message: "It is full" })).toMatch(/^The room is full/);
  expect(refusal({ code: "FORBIDDEN", message: "Not allowed" })).toBe("Not allowed");
}, 60_000);

describe.each(Object.entries(CLIENTS))("with %s, a page", (_, follow) => {
  it("shows who joins, publishes and leaves, also after it connects to another server with another credential", async () => {
    const env = {
      AUTH_JWT_SECRET: JWT_SECRET,
      DATABASE_URL: `file:${join(temporaryFolder(), "test.db")}`,
      PORT: String(await freePort()),
    };
    const credential = signedJwt(EVERYTHING);
    const page = { accessToken: credential };
    const first = await startServer(env);
    browse(first.origin, page);
    const { data } = await first.graphql("mutation { createSession { id } }", {}, credential);
    const sessionId = data.createSession.id;
    await joinAs(first, credential, sessionId, "ann");
    const shown = await follow(sessionId);
    await expect.poll(shown, PATIENT).toEqual(["ann, 0 streams"]);

    const bob = await joinAs(first, credential, sessionId, "bob");
    await expect.poll(shown, PATIENT).toEqual(["bob, 0 streams", "ann, 0 streams"]);
    bob.publish();
    await expect.poll(shown, PATIENT).toEqual(["bob, 1 streams", "ann, 0 streams"]);
    bob.leave();
    await expect.poll(shown, PATIENT).toEqual(["ann, 0 streams"]);

    await first.close();
    const before = unreached;
    await expect.poll(() => unreached, PATIENT).toBeGreaterThan(before);
    // The second server refuses it with 4403, and the client tries again.
    page.accessToken = signedJwt({ ...EVERYTHING, exp: 1 });
    const second = await startServer(env);
    onTestFinished(() => second.close());
    const refused = () => second.log().filter(({ msg, code }) => msg === "socket" && code === 4403);
    await expect.poll(refused, PATIENT).not.toEqual([]);
    page.accessToken = signedJwt({ ...EVERYTHING, sub: "another" });
    await joinAs(second, credential, sessionId, "eve");
    await expect.poll(shown, PATIENT).toContain("eve, 0 streams");
  }, 120_000);
});
