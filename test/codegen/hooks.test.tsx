// @vitest-environment happy-dom
import { once } from "node:events";
import { ApolloClient, type ApolloLink, ApolloProvider, HttpLink, InMemoryCache } from "apollo-client-3";
import { GraphQLWsLink } from "apollo-client-3/link/subscriptions";
import { createClient } from "graphql-ws";
import type { DetachedWindowAPI } from "happy-dom";
import jwt from "jsonwebtoken";
import type { ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { API_SECRET } from "../support/credentials.ts";
import { startServer, type TestServer } from "../support/server.ts";
import {
  useCreateSessionMutation,
  useGenerateTokenMutation,
  useParticipantChangedSubscription,
} from "./generated/hooks.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** A room that opens at a click, and shows the token with which one may enter. */
function Room() {
  const [createSession] = useCreateSessionMutation();
  const [generateToken, { data, error }] = useGenerateTokenMutation();

  async function open() {
    const created = await createSession({ variables: { mediaMode: "ROUTED" } });
    const sessionId = created.data?.createSession?.sessionId ?? "";
    await generateToken({ variables: { sessionId, role: "SUBSCRIBER" } });
  }

  return (
    <button type="button" onClick={open}>
      {error?.message ?? data?.generateToken?.token}
    </button>
  );
}

/** The participant whose change came last. */
function Latest({ sessionId }: { sessionId: string }) {
  const { data, error } = useParticipantChangedSubscription({ variables: { sessionId } });
  return <p>{error?.message ?? data?.participantChanged.identity}</p>;
}

/** Shows an element of a page from the server's own origin until the test ends, because the server is closed to other sites. */
function show(link: ApolloLink, element: ReactNode): void {
  (window as unknown as { happyDOM: DetachedWindowAPI }).happyDOM.setURL(server.origin);
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const root = createRoot(document.body.appendChild(document.createElement("div")));
  root.render(<ApolloProvider client={client}>{element}</ApolloProvider>);
  onTestFinished(() => {
    root.unmount();
    client.stop();
  });
}

it("a component gets its token through the generated hooks", async () => {
  show(new HttpLink({ uri: "/graphql", fetch }), <Room />);
  await expect.poll(() => document.querySelector("button")).not.toBeNull();
  const button = document.querySelector("button");
  button?.click();
  await expect.poll(() => button?.textContent).toMatch(/^eyJ/);
  expect(jwt.verify(button?.textContent ?? "", API_SECRET)).toMatchObject({ role: "subscriber" });
});

it("a component follows the participants through the generated hooks", async () => {
  const url = server.url.replace("http", "ws");
  const socket = createClient({ url, webSocketImpl: WebSocket });
  onTestFinished(() => socket.dispose());
  const sessionId = await server.createSession();
  const connected = new Promise((resolve) => socket.on("connected", resolve));
  show(new GraphQLWsLink(socket), <Latest sessionId={sessionId} />);
  await connected;

  const token = `mutation { generateToken(sessionId: "${sessionId}", identity: "ann") { token } }`;
  const { data } = await server.graphql(token);
  const ann = new WebSocket(new URL("/local/join", url));
  onTestFinished(() => ann.terminate());
  await once(ann, "open");
  ann.send(JSON.stringify({ type: "join", token: data.generateToken.token }));
  await expect.poll(() => document.querySelector("p")?.textContent).toBe("ann");
});
