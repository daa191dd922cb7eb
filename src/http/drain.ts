import { type Socket, Server as TcpServer } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { WebSocket } from "ws";

/**
 * The time without a new request before a proxy's open connections are closed, in milliseconds. It is longer once a request has
 * arrived during the stop, because others may be delayed.
 */
const QUIET = 100;
const QUIET_AFTER_TRAFFIC = 1000;

/** The close code of a server that stops: clients connect to another one (RFC 6455, 7.4.1). */
const GOING_AWAY = 1001;

/** Stops a server without failing the requests in flight. */
export class Drain {
  readonly #app: FastifyInstance;
  /** The connections that opened during the stop. */
  readonly #late = new WeakSet<Socket>();
  readonly #sockets = new Set<WebSocket>();
  #announced = false;
  readonly #stop = new AbortController();
  #closing = false;
  #now = newcomers();

  /** @param app an HTTP server that does not listen yet */
  constructor(app: FastifyInstance) {
    this.#app = app;
    app.server.on("connection", (socket: Socket) => {
      if (this.begun) this.#late.add(socket);
    });
  }

  /** Whether the server is about to stop, so that new requests should go to other replicas. */
  get announced(): boolean {
    return this.#announced;
  }

  /** Whether the server is stopping, so that it accepts no connection. */
  get begun(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Aborts when the stop begins. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /** Closes a WebSocket when the stop begins. */
  hold(socket: WebSocket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  /** Makes `/readyz` answer 503, and serves for `delay` more milliseconds so that load balancers notice. */
  async announce(delay: number): Promise<void> {
    this.#announced = true;
    if (delay > 0) await sleep(delay);
  }

  /**
   * Counts a request that has arrived.
   *
   * @returns whether to refuse the request, and a function to call when it has ended
   */
  enter({ raw, routeOptions }: FastifyRequest, reply: FastifyReply): { refused: boolean; leave: () => void } {
    const its = this.#now;
    its.arrived += 1;
    its.inFlight += 1;
    const refused = this.#late.has(raw.socket) && !routeOptions.config.probe;
    if (refused || this.#closing) reply.header("connection", "close");
    const leave = () => {
      its.inFlight -= 1;
      if (its.inFlight === 0) its.becameIdle();
    };
    return { refused, leave };
  }

  /**
   * Waits for the requests in flight for at most `deadline` milliseconds, then closes every connection. Meanwhile, a new connection
   * gets only the health probes. Requests on old connections are still served, because a proxy that keeps connections open would lose
   * those that it is sending. WebSockets close at once, and delay nothing.
   */
  async finish(deadline: number): Promise<void> {
    const end = performance.now() + deadline;
    const before = this.#now;
    this.#now = newcomers();
    this.#announced = true;
    this.#stop.abort();
    for (const socket of this.#sockets) socket.close(GOING_AWAY, "The server is stopping");
    await idle(before, deadline);
    // Accepts the connections that opened in this tick of the event loop.
    await nextTurn();
    // close() of the HTTP server would at once close connections without a request.
    TcpServer.prototype.close.call(this.#app.server);
    this.#closing = true;
    await this.#quiet(end);
    this.#app.server.closeAllConnections();
    for (const socket of this.#sockets) socket.terminate();
    await this.#app.close();
  }

  /** Resolves when no request arrives or is in flight, or at the time `end`. */
  async #quiet(end: number): Promise<void> {
    const now = this.#now;
    let seen: number;
    do {
      seen = now.arrived;
      const pause = seen === 0 ? QUIET : QUIET_AFTER_TRAFFIC;
      await sleep(Math.min(pause, end - performance.now()));
      // On a busy server, timers fire before it has read the requests that arrived.
      await nextTurn();
    } while ((now.inFlight > 0 || now.arrived > seen) && performance.now() < end);
  }
}

/** Counts of the requests that arrive from now on. */
function newcomers() {
  return { arrived: 0, inFlight: 0, becameIdle: () => {} };
}

/** Resolves when these requests have ended, or after `deadline` milliseconds. */
async function idle(requests: ReturnType<typeof newcomers>, deadline: number): Promise<void> {
  if (requests.inFlight === 0) return;
  const ended = new Promise<void>((resolve) => {
    requests.becameIdle = resolve;
  });
  await Promise.race([ended, sleep(deadline, undefined, { ref: false })]);
}
