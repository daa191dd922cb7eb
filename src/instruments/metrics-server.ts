import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The path of the metrics. */
const PATH = "/metrics";

/** A server for metrics. */
export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves metrics on a separate port, which need not be open to API callers.
 *
 * @param read returns the current metrics.
 * @throws the system's error when it cannot listen on the address.
 */
export async function serveMetrics(
  read: () => Promise<string>,
  mediaType: string,
  address: { readonly host: string; readonly port: number },
): Promise<MetricsServer> {
  const server = createServer({ headersTimeout: 5000, requestTimeout: 5000 }, async (request, response) => {
    const { method = "", url = "" } = request;
    if (url.split("?", 1)[0] !== PATH) return response.writeHead(404).end();
    if (method !== "GET" && method !== "HEAD") return response.writeHead(405, { allow: "GET, HEAD" }).end();
    try {
      const metrics = await read();
      response.writeHead(200, { "content-type": mediaType, "cache-control": "no-store" });
      response.end(method === "GET" ? metrics : undefined);
    } catch {
      response.writeHead(500).end();
    }
  });
  server.listen(address.port, address.host);
  await once(server, "listening");
  const { port, family, address: host } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${host}]` : host}:${port}${PATH}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
