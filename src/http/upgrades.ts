import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/**
 * Routes the opening requests of WebSockets like other requests, so that they have the same hooks, errors and log lines.
 *
 * @returns the bytes after the head of an opening request; undefined for another request
 */
export function routeUpgrades(app: FastifyInstance): (request: IncomingMessage) => Buffer | undefined {
  const heads = new WeakMap<IncomingMessage, Buffer>();
  app.server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (!isWebSocket(request)) return serveWithoutUpgrade(app.server, request, socket, head);
    // Node.js no longer handles its errors.
    socket.on("error", ignore);
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    try {
      response.assignSocket(socket);
    } catch {
      // An earlier request of this connection has no answer yet.
      socket.destroy();
      return;
    }
    response.once("finish", () => socket.destroySoon());
    heads.set(request, head);
    app.routing(request, response);
  });
  return (request) => heads.get(request);
}

function isWebSocket({ headers: { upgrade } }: IncomingMessage): boolean {
  return upgrade?.toLowerCase() === "websocket";
}

function ignore(): void {}

/**
 * Serves a request that asks for another protocol, in HTTP/1.1. Java's client asks for HTTP/2 in every request, and Node.js stops
 * reading a connection at an upgrade. So the connection begins again with the same request, without `Upgrade`.
 */
function serveWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== "upgrade") lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("connection", socket);
}
