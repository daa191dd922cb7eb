// @vitest-environment happy-dom
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { ApolloProvider } from "@apollo/client/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cacheExchange as normalizedCache } from "@urql/exchange-graphcache";
import type { DetachedWindowAPI } from "happy-dom";
import jwt from "jsonwebtoken";
import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { Client, cacheExchange, fetchExchange, Provider } from "urql";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import * as apollo from "../../packages/client/src/apollo.ts";
import { sendWithFetch } from "../../packages/client/src/fetch.ts";
import { JoinRoomDocument } from "../../packages/client/src/generated/documents.ts";
import { graphcache } from "../../packages/client/src/graphcache.ts";
import * as tanstack from "../../packages/client/src/tanstack-query.ts";
import * as urql from "../../packages/client/src/urql.ts";
import type { VideoTokenOptions, VideoTokenResult } from "../../packages/client/src/use-token-source.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_SECRET } from "../support/credentials.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ AUTH_JWT_SECRET: JWT_SECRET });
  (window as unknown as { happyDOM: DetachedWindowAPI }).happyDOM.setURL(server.origin);
});
afterAll(() => server.close());

interface Page {
  credential: string;
  requests: number;
}

/** The `fetch` of a page, which counts its requests. */
const fetchOf =
  (page: Page): typeof fetch =>
  (input, init) => {
    page.requests += 1;
    const headers = new Headers(init?.headers);
    headers.set("authorization", `Bearer ${page.credential}`);
    return fetch(input, { ...init, headers });
  };

type Use = (options: VideoTokenOptions) => VideoTokenResult;

/** Each entry: its hook, and what it needs around it. */
const ENTRIES: Record<string, (page: Page) => [Use, (page: ReactNode) => ReactNode]> = {
  apollo(page) {
    const client = new ApolloClient({
      link: new HttpLink({ uri: server.url, fetch: fetchOf(page) }),
      cache: new InMemoryCache({ typePolicies: apollo.typePolicies }),
    });
    return [apollo.useVideoToken, (children) => <ApolloProvider client={client}>{children}</ApolloProvider>];
  },
  urql(page) {
    const exchanges = [cacheExchange, fetchExchange];
    const client = new Client({ url: server.url, fetch: fetchOf(page), preferGetMethod: false, exchanges });
    return [urql.useVideoToken, (children) => <Provider value={client}>{children}</Provider>];
  },
  "tanstack-query"(page) {
    const client = new QueryClient({ defaultOptions: tanstack.defaultOptions });
    const send = sendWithFetch(server.url, () => {
      page.requests += 1;
      return `Bearer ${page.credential}`;
    });
    return [
      (options) => tanstack.useVideoToken(send, options),
      (children) => <QueryClientProvider client={client}>{children}</QueryClientProvider>,
    ];
  },
};

describe.each(Object.entries(ENTRIES))("useVideoToken of %s", (name, entry) => {
  /** Shows a page in StrictMode that uses the hook. */
  function show(page: Page, first: VideoTokenOptions) {
    const [use, around] = entry(page);
    const latest: { current: VideoTokenResult | undefined } = { current: undefined };
    const Room = ({ options }: { options: VideoTokenOptions }) => {
      latest.current = use(options);
      return latest.current.status;
    };
    const element = (options: VideoTokenOptions) => around(<Room options={options} />);
    const place = document.body.appendChild(document.createElement("main"));
    const root = createRoot(place);
    const render = (options: VideoTokenOptions) => root.render(<StrictMode>{element(options)}</StrictMode>);
    render(first);
    onTestFinished(() => root.unmount());
    return { latest, render, place, root, html: () => renderToString(element(first)) };
  }

  it("gets one token for a room, in StrictMode too, and another for another room", async () => {
    const page = { credential: signedJwt(EVERYTHING), requests: 0 };
    const options = { room: `room of ${name}`, role: "SUBSCRIBER", identity: "ann", data: "Ann" } as const;
    const { latest, render, place, root, html } = show(page, options);
    await expect.poll(() => place.textContent).toBe("ready");
    expect(page.requests).toBe(1);
    const { applicationId, sessionId, token, expiresAt } = latest.current ?? {};
    expect(jwt.verify(token ?? "", API_SECRET)).toMatchObject({
      iss: applicationId,
      session_id: sessionId,
      role: "subscriber",
      connection_data: "Ann",
    });
    expect(Date.parse(expiresAt ?? "")).toBeGreaterThan(Date.now());

    render({ ...options });
    render({ sessionId: sessionId ?? "", role: "MODERATOR", expiresIn: 60 });
    await expect.poll(() => latest.current?.token ?? token).not.toBe(token);
    expect(jwt.verify(latest.current?.token ?? "", API_SECRET)).toMatchObject({
      session_id: sessionId,
      role: "moderator",
    });
    expect(page.requests).toBe(2);
    root.unmount();
    expect(html()).toBe("idle");
    expect(page.requests).toBe(2);
  });

  it("tells why it has no token, and asks again when told to", async () => {
    const page = { credential: "none", requests: 0 };
    const { latest, place } = show(page, { room: "standup" });
    await expect.poll(() => place.textContent).toBe("refused");
    expect(latest.current).toMatchObject({ token: undefined, explanation: { code: "UNAUTHENTICATED" } });
    expect(page.requests).toBe(1);
    page.credential = signedJwt(EVERYTHING);
    latest.current?.retry();
    await expect.poll(() => place.textContent).toBe("ready");
    expect(latest.current?.explanation).toBeUndefined();
  });

  it("asks only while it is enabled, and keeps its token during a call", async () => {
    const page = { credential: signedJwt(EVERYTHING), requests: 0 };
    const { latest, place, render } = show(page, { room: "standup", enabled: false });
    await expect.poll(() => place.textContent).toBe("idle");
    render({ room: "standup" });
    await expect.poll(() => place.textContent).toBe("ready");
    const token = latest.current?.token;
    render({ room: "standup", enabled: false });
    render({ room: "standup", enabled: true });
    await expect.poll(() => place.textContent).toBe("ready");
    expect(latest.current?.token).toBe(token);
    expect(page.requests).toBe(1);
  });
});

it.each([
  ["urql", () => cacheExchange],
  ["Graphcache", () => normalizedCache(graphcache)],
])("%s answers two equal requests at the same time", async (_, cache) => {
  const fetch = fetchOf({ credential: signedJwt(EVERYTHING), requests: 0 });
  const exchanges = [cache(), fetchExchange];
  const send = urql.sendWithUrql(new Client({ url: server.url, fetch, preferGetMethod: false, exchanges }));
  const both = [0, 1].map(() => send(JoinRoomDocument, { room: "twins" }));
  const tokens = (await Promise.all(both)).map((data) => data?.ensureSession?.generateToken?.token);
  expect(new Set(tokens).size).toBe(2);
});
