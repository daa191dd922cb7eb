import type { FastifyInstance } from "fastify";

/** How a server stops without failing a request that it has begun. */
export interface Drain {
  /** Whether the server is stopping, and new requests should go elsewhere. */
  readonly begun: boolean;

  /**
   * Refuses new requests with 503, waits for those in flight for at most `deadline` milliseconds, then closes every
   * connection. New connections are accepted while it waits, so that a load balancer can read `/readyz`.
   */
  finish(deadline: number): Promise<void>;
}

/** Counts the requests in flight from now on, and lets the server be drained. */
export function drainable(app: FastifyInstance): Drain {
  let begun = false;
  let inFlight = 0;
  let becameIdle = () => {};

  app.addHook("onRequest", (request, reply, next) => {
    if (request.routeOptions.config.probe) return next();
    if (begun) {
      reply.header("connection", "close");
      return next(Object.assign(new Error("The server is stopping"), { statusCode: 503 }));
    }
    inFlight += 1;
    // Not Fastify's onResponse, which is silent about a client that goes away while it sends its body.
    reply.raw.once("close", () => {
      inFlight -= 1;
      if (inFlight === 0) becameIdle();
    });
    next();
  });

  return {
    get begun() {
      return begun;
    },

    async finish(deadline) {
      begun = true;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        if (inFlight === 0) return resolve();
        becameIdle = resolve;
        timer = setTimeout(resolve, deadline);
      });
      clearTimeout(timer);
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
