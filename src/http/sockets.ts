import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type WebSocket, WebSocketServer } from "ws";
import type { Drain } from "./drain.ts";
import { httpError } from "./errors.ts";
import { isListed, whyNotListed } from "./origins.ts";
import { describeCaller, type RequestLog } from "./requests.ts";
import type { OpenedSocket, SocketRoute } from "./socket-route.ts";
import { StrangerSockets } from "./stranger-sockets.ts";
import { routeUpgrades } from "./upgrades.ts";

/** The dependencies of `acceptSockets`. */
export interface SocketRules {
  readonly routes: readonly SocketRoute[];
  readonly corsOrigins: readonly (string | RegExp)[];
  /** Whether an address belongs to a trusted proxy; null without trusted proxies. */
  readonly trustsProxy: ((address: string) => boolean) | null;
  readonly drain: Drain;
  readonly log: RequestLog;
}

/**
 * Accepts WebSockets at some paths, and refuses all others. Their clients show only the status, so the log has the reason.
 * The log gets one line for each socket, at its end.
 */
export function acceptSockets(app: FastifyInstance, rules: SocketRules): void {
  const { routes, trustsProxy, drain, log } = rules;
  const headOf = routeUpgrades(app);
  const servers = new Map(routes.map((route) => [route.path, new Acceptor(route)]));
  const strangers = new StrangerSockets();

  app.addHook("onRequest", (request, reply, next) => {
    const head = headOf(request.raw);
    if (head === undefined && request.headers["sec-websocket-key"] === undefined) return next();
    const server = servers.get(pathOf(request));
    const refuse = (error: Error) => {
      request.reason = error.message;
      next(error);
    };
    if (head === undefined) {
      reply.header("upgrade", "websocket");
      return refuse(httpError(426, NO_UPGRADE));
    }
    const refusal = refusalOf(request, server?.route, rules);
    if (refusal !== null) {
      if (refusal.statusCode === 426) reply.header("sec-websocket-version", "13");
      return refuse(refusal);
    }
    if (!server) return next();
    const peer = request.raw.socket.remoteAddress ?? "";
    const address = request.address ?? (trustsProxy?.(peer) ? null : peer);
    const isStranger = server.route.authenticates === true;
    if (isStranger && !strangers.enter(address)) return refuse(httpError(503, TOO_MANY));
    const opened = new Opened(request, address, isStranger ? strangers : null);
    reply.hijack();
    request.isSocket = true;
    reply.raw.detachSocket(request.raw.socket);
    // The request is over; the socket has its own line.
    reply.raw.emit("close");
    const socket = server.open(request, head);
    if (socket === null) return log.write("info", opened.end(GONE), "socket");
    opened.socket = socket;
    socket.on("error", (error: NodeJS.ErrnoException) => opened.fail(error));
    socket.on("pong", () => opened.countPong());
    drain.hold(socket);
    socket.once("close", (code) => log.write("info", opened.end(code), "socket"));
    server.route.accept(socket, request.raw, opened);
  });
}

/** The most pongs of a socket in a second. The server asks for few, and ws itself limits pings. */
export const PONGS_PER_SECOND = 100;

/** The most fragments of a message, and the most pieces in which a fragment can arrive. */
const MAX_PARTS = 1024;
/** The code of a socket that ended without one (RFC 6455, 7.4.1). */
const GONE = 1006;

const NO_UPGRADE =
  "The request has Sec-WebSocket-Key but not Upgrade: websocket with Connection: Upgrade; a proxy must forward these headers";
const STOPPING = "The server is stopping";
const VERSION = "Sec-WebSocket-Version must be 13";
const TOO_MANY =
  "Too many sockets are open without a caller; send the credential at once, or try again later";

/** Why an opening request is refused; null to accept it. */
function refusalOf(
  { method, headers, host }: FastifyRequest,
  route: SocketRoute | undefined,
  { routes, corsOrigins, drain }: SocketRules,
) {
  if (!route) {
    const paths = routes.map(({ path }) => path).join(" and ");
    return httpError(404, `This path has no WebSocket; connect to ${paths}, exactly`);
  }
  if (drain.begun) return httpError(503, STOPPING);
  if (method !== "GET") return httpError(405, "A WebSocket opens with GET");
  if (headers["sec-websocket-version"] !== "13") return httpError(426, VERSION);
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? ""))
    return httpError(400, "Sec-WebSocket-Key must be 16 bytes in Base64");
  const { protocol } = route;
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  if (protocol !== null && !offered.includes(protocol))
    return httpError(
      400,
      `The client must offer the subprotocol ${protocol}, as the npm package graphql-ws does`,
    );
  const { origin } = headers;
  // Only browsers send an origin. Another site's page could otherwise use the caller's network or machine.
  if (origin === undefined || isOwn(origin, host) || isListed(origin, corsOrigins)) return null;
  return httpError(403, whyNotListed(origin));
}

/** Whether a page comes from this server. A proxy may have another scheme. */
function isOwn(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

function pathOf({ url }: FastifyRequest): string {
  const query = url.indexOf("?");
  return query === -1 ? url : url.slice(0, query);
}

/** Opens the sockets of one path. */
class Acceptor {
  readonly route: SocketRoute;
  readonly #server: WebSocketServer;
  readonly #ids = new WeakMap<IncomingMessage, string>();

  constructor(route: SocketRoute) {
    this.route = route;
    const { protocol, maxPayload } = route;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // It takes 64 KB or more for each socket.
      perMessageDeflate: false,
      maxPayload,
      // Each part takes more memory than its bytes.
      maxFragments: MAX_PARTS,
      maxBufferedChunks: MAX_PARTS,
      handleProtocols: () => protocol ?? false,
    });
    this.#server.on("headers", (headers, request) => headers.push(`x-request-id: ${this.#ids.get(request)}`));
  }

  /** Opens a socket; null if the client has gone. */
  open({ id, raw }: FastifyRequest, head: Buffer): WebSocket | null {
    this.#ids.set(raw, id);
    let opened: WebSocket | null = null;
    // It calls back at once or never.
    this.#server.handleUpgrade(raw, raw.socket, head, (socket) => {
      opened = socket;
    });
    return opened;
  }
}

/** A socket from its opening to its end. It does not keep the request, whose headers take memory. */
class Opened implements OpenedSocket {
  readonly requestId: string;
  readonly address: string | undefined;
  readonly named: string | null;
  readonly #counted: string | null;
  socket: WebSocket | null = null;
  readonly #path: string;
  readonly #start = performance.now();
  #strangers: StrangerSockets | null;
  #caller: string | undefined;
  #code: number | undefined;
  #reason: string | undefined;
  #second = 0;
  #pongs = 0;

  constructor(request: FastifyRequest, address: string | null, strangers: StrangerSockets | null) {
    this.requestId = request.id;
    this.address = address ?? request.raw.socket.remoteAddress;
    this.named = request.address;
    this.#counted = address;
    this.#path = pathOf(request);
    this.#strangers = strangers;
  }

  know(callerId: string): void {
    this.#caller = describeCaller(callerId);
    this.#leaveStrangers();
  }

  close(code: number, reason: string): void {
    this.#code ??= code;
    this.#reason ??= reason;
    this.socket?.close(code, reason);
  }

  /** Cuts off a client that sends too many pongs. It may take no other's time. */
  countPong(): void {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#pongs = 0;
    this.#second = second;
    this.#pongs += 1;
    if (this.#pongs <= PONGS_PER_SECOND) return;
    this.#reason ??= `More than ${PONGS_PER_SECOND} pongs in a second`;
    this.socket?.terminate();
  }

  /** Notes why the connection ends, such as a message that is too long. */
  fail({ code }: NodeJS.ErrnoException): void {
    this.#reason ??= code;
  }

  /** The line for the log. */
  end(code: number) {
    this.#leaveStrangers();
    return {
      requestId: this.requestId,
      path: this.#path,
      code: this.#code ?? code,
      reason: this.#reason,
      caller: this.#caller,
      address: this.named ?? undefined,
      milliseconds: Math.round(performance.now() - this.#start),
    };
  }

  #leaveStrangers(): void {
    this.#strangers?.leave(this.#counted);
    this.#strangers = null;
  }
}
