import type { FastifyInstance } from "fastify";
import { reasonOf } from "../errors.ts";

/**
 * `/livez`: the process answers. `/readyz`: it can serve, so send it requests; 503 while it stops, or when
 * its store does not answer.
 */
export function serveHealth(app: FastifyInstance, stopping: () => boolean, ping: () => Promise<void>): void {
  const probe = { config: { probe: true } };

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
