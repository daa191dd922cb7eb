// @vitest-environment happy-dom
import { ApolloClient, ApolloProvider, HttpLink, InMemoryCache } from "apollo-client-3";
import type { DetachedWindowAPI } from "happy-dom";
import jwt from "jsonwebtoken";
import { createRoot } from "react-dom/client";
import { afterAll, beforeAll, expect, it } from "vitest";
import { API_SECRET } from "../support/credentials.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { useCreateSessionMutation, useGenerateTokenMutation } from "./generated/hooks.ts";

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

it("a component gets its token through the generated hooks", async () => {
  // The page comes from the server's own origin: it is closed to other sites.
  (window as unknown as { happyDOM: DetachedWindowAPI }).happyDOM.setURL(server.origin);
  const client = new ApolloClient({
    link: new HttpLink({ uri: "/graphql", fetch }),
    cache: new InMemoryCache(),
  });
  const root = createRoot(document.body.appendChild(document.createElement("div")));
  root.render(
    <ApolloProvider client={client}>
      <Room />
    </ApolloProvider>,
  );
  await expect.poll(() => document.querySelector("button")).not.toBeNull();
  const button = document.querySelector("button");
  button?.click();
  await expect.poll(() => button?.textContent).toMatch(/^eyJ/);
  expect(jwt.verify(button?.textContent ?? "", API_SECRET)).toMatchObject({ role: "subscriber" });
  root.unmount();
  client.stop();
});
