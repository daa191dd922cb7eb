import { type Socket, Server as TcpServer } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/**
 * How long nothing arrives, in milliseconds, before the connections that a proxy keeps are closed: where nothing has arrived since
 * the stop began, and where something has, which may only be held up.
 */
const QUIET = 100;
const QUIET_AFTER_TRAFFIC = 1000;

/** How a server stops without failing a request that it has begun. */
export class Drain {
  readonly #app: FastifyInstance;
  /** The connections that came while the server was stopping. */
  readonly #late = new WeakSet<Socket>();
  #announced = false;
  #begun = false;
  #closing = false;
  #now = newcomers();

  /** Of an HTTP server that does not listen yet. */
  constructor(app: FastifyInstance) {
    this.#app = app;
    app.server.on("connection", (socket: Socket) => {
      if (this.#begun) this.#late.add(socket);
    });
  }

  /** Whether the server is going to stop, and new requests should go elsewhere. */
  get announced(): boolean {
    return this.#announced;
  }

  /** Makes `/readyz` 503, and goes on serving for `delay` milliseconds, so that load balancers notice before anything is refused. */
  async announce(delay: number): Promise<void> {
    this.#announced = true;
    if (delay > 0) await sleep(delay);
  }

  /**
   * Takes note of a request that has arrived.
   *
   * @returns whether it is refused, as it should have gone elsewhere, and a function to be told once it has ended
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
   * Waits for the requests in flight for at most `deadline` milliseconds, and then closes every connection. A new connection is
   * accepted meanwhile, so that a load balancer can read `/readyz`, and refused all else. On those that were there requests go on,
   * or a proxy that keeps them would lose what it is just sending.
   */
  async finish(deadline: number): Promise<void> {
    const end = performance.now() + deadline;
    const before = this.#now;
    this.#now = newcomers();
    this.#announced = true;
    this.#begun = true;
    await idle(before, deadline);
    // What has connected in this turn of the event loop is accepted in it.
    await nextTurn();
    // Not as an HTTP server, which would at once close the connections on which nothing has arrived yet.
    TcpServer.prototype.close.call(this.#app.server);
    this.#closing = true;
    await this.#quiet(end);
    this.#app.server.closeAllConnections();
    await this.#app.close();
  }

  /** Resolves when nothing more arrives and everything has ended, or at a time. */
  async #quiet(end: number): Promise<void> {
    const now = this.#now;
    let seen: number;
    do {
      seen = now.arrived;
      const pause = seen === 0 ? QUIET : QUIET_AFTER_TRAFFIC;
      await sleep(Math.min(pause, end - performance.now()));
      // A busy server's timers are due before it has read what came meanwhile.
      await nextTurn();
    } while ((now.inFlight > 0 || now.arrived > seen) && performance.now() < end);
  }
}

/** Requests that arrive from now on. */
function newcomers() {
  return { arrived: 0, inFlight: 0, becameIdle: () => {} };
}

/** Resolves when these have ended, or after so many milliseconds. */
async function idle(requests: ReturnType<typeof newcomers>, deadline: number): Promise<void> {
  if (requests.inFlight === 0) return;
  const ended = new Promise<void>((resolve) => {
    requests.becameIdle = resolve;
  });
  await Promise.race([ended, sleep(deadline, undefined, { ref: false })]);
}
