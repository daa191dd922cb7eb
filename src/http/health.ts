import type { FastifyInstance } from "fastify";

/** How long the store may take to answer a probe, in milliseconds. */
const DEADLINE = 2000;

/**
 * `/livez`: the process answers. `/readyz`: it can serve, so send it requests; 503 while it stops, or when
 * its store does not answer.
 */
export function serveHealth(app: FastifyInstance, stopping: () => boolean, ping: () => Promise<void>): void {
  const probe = { config: { probe: true } };

  app.get("/livez", probe, () => ({ status: "live" }));

  app.get("/readyz", probe, async (_request, reply) => {
    if (stopping()) return reply.code(503).send({ status: "stopping" });
    try {
      await within(DEADLINE, ping());
      return { status: "ready" };
    } catch {
      return reply.code(503).send({ status: "database unavailable" });
    }
  });
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("deadline exceeded")), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
