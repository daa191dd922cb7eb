import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A proxy on a real socket, which connects every host name to this machine. */
export interface ForwardProxy {
  /** Its host and port. */
  readonly host: string;
  /** The hosts that clients connected to, and their credentials. */
  readonly asked: { readonly target: string | undefined; readonly authorization: string | undefined }[];
}

/**
 * Starts one, until the end of the test.
 *
 * @param answer the status for CONNECT; 200 connects, and null closes the connection
 */
export async function startForwardProxy(answer: () => number | null = () => 200): Promise<ForwardProxy> {
  const asked: ForwardProxy["asked"][number][] = [];
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on("connection", (socket) => sockets.add(socket));
  server.on("connect", (request, client: Socket) => {
    asked.push({ target: request.url, authorization: request.headers["proxy-authorization"] });
    client.on("error", () => {});
    const status = answer();
    if (status === null) return client.destroy();
    if (status !== 200) return client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const upstream = connect(Number(request.url?.split(":").at(-1)), "127.0.0.1");
    sockets.add(upstream);
    upstream.on("error", () => client.destroy());
    upstream.on("connect", () => client.write("HTTP/1.1 200 Connected\r\n\r\n"));
    upstream.pipe(client).pipe(upstream);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
