import { createClient } from "graphql-ws";
import { describe, expect, onTestFinished } from "vitest";
import WebSocket from "ws";
import { MAY } from "../support/proxied.ts";
import { PROXIES, startProxy } from "../support/proxy.ts";
import { serverForTest } from "../support/server.ts";

describe.each(PROXIES)("behind %s as deployed, a server", (name, itBehind) => {
  itBehind("accepts the WebSockets of subscriptions", async () => {
    const server = await serverForTest({ NODE_ENV: "production", TRUST_PROXY: "loopback" });
    const port = Number(new URL(server.url).port);
    const { url } = await startProxy([port, port], name);
    const client = createClient({
      url: url.replace("http", "ws"),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${MAY}` },
      lazy: false,
      retryAttempts: 0,
    });
    onTestFinished(() => client.dispose());
    await new Promise((resolve, reject) => {
      client.on("connected", resolve);
      client.on("closed", reject);
    });
    await client.dispose();
    const lines = () => server.log().filter(({ msg }) => msg === "socket");
    await expect.poll(lines).toMatchObject([{ path: "/graphql", code: 1000, address: "127.0.0.1" }]);
  });
});
