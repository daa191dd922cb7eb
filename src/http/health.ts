import type { FastifyInstance } from "fastify";
import { reasonOf } from "../errors.ts";
import type { Turn } from "../shares/turns.ts";

/** For whom the event loop works when it is asked for health. */
const PROBES = "probes";

/**
 * `/livez`: the process answers. `/readyz`: it can serve, so send it requests; 503 while it stops, or when
 * its store does not answer.
 */
export function serveHealth(
  app: FastifyInstance,
  stopping: () => boolean,
  ping: () => Promise<void>,
  turn: Turn,
): void {
  // Whoever floods these waits for other probes alone.
  const probe = { config: { probe: true }, onRequest: () => turn(PROBES) };

  app.get("/livez", probe, () => ({ status: "live" }));

  app.get("/readyz", probe, async (request, reply) => {
    if (stopping()) return reply.code(503).send({ status: "stopping" });
    try {
      await ping();
      return { status: "ready" };
    } catch (error) {
      request.reason = reasonOf(error);
      return reply.code(503).send({ status: "database unavailable" });
    }
  });
}
