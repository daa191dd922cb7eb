import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** An answer to pass on. */
export interface Forwarded {
  readonly status: number;
  readonly headers?: IncomingHttpHeaders;
  readonly body?: Buffer;
}

/** Decides what becomes of a request. `deliver` sends it to a server. */
export type Fate = (body: Buffer, deliver: () => Promise<Forwarded>) => Promise<Forwarded>;

/**
 * Sends each request to the next server that takes it, as a load balancer does.
 *
 * @param origins the servers, which may change
 * @param fate what else becomes of a request; by default it is delivered once
 * @returns the origin to send requests to
 */
export async function startForwarder(
  origins: readonly string[],
  fate: Fate = (_, deliver) => deliver(),
): Promise<string> {
  let turn = 0;
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", async () => {
      const { method, headers, url = "/" } = incoming;
      const sent = Buffer.concat(chunks);
      const deliver = async () => {
        const first = turn++;
        for (let i = 0; i < origins.length; i += 1) {
          const to = new URL(url, origins[(first + i) % origins.length]);
          const got = await send(to, method, headers, sent).catch(() => null);
          if (got !== null) return got;
        }
        return { status: 502 };
      };
      const { status, headers: answered, body } = await fate(sent, deliver);
      answer.writeHead(status, answered).end(body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function send(
  to: URL,
  method: string | undefined,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Promise<Forwarded> {
  return new Promise((resolve, reject) => {
    const outgoing = request(to, { method, headers }, (from) => {
      const chunks: Buffer[] = [];
      from.on("data", (chunk) => chunks.push(chunk));
      from.on("error", reject);
      from.on("end", () =>
        resolve({ status: from.statusCode ?? 502, headers: from.headers, body: Buffer.concat(chunks) }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
