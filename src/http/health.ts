import type { FastifyInstance } from "fastify";
import { AuditUnavailable, AuthenticationUnavailable, LedgerUnavailable, reasonOf } from "../errors.ts";
import type { Turn } from "../shares/turns.ts";

/** For whom the event loop works when it is asked for health. */
const PROBES = "probes";

/**
 * `/livez`: the process answers. `/readyz`: it can serve, so send it requests; 503 while it stops, or cannot. The body says which.
 *
 * @param ready rejects while it cannot serve
 */
export function serveHealth(
  app: FastifyInstance,
  stopping: () => boolean,
  ready: () => Promise<void>,
  turn: Turn,
): void {
  // Whoever floods these waits for other probes alone.
  const probe = { config: { probe: true }, onRequest: () => turn(PROBES) };

  app.get("/livez", probe, () => ({ status: "live" }));

  app.get("/readyz", probe, async (request, reply) => {
    if (stopping()) return reply.code(503).send({ status: "stopping" });
    try {
      await ready();
      return { status: "ready" };
    } catch (error) {
      request.reason = reasonOf(error);
      return reply.code(503).send({ status: `${lackingIn(error)} unavailable` });
    }
  });
}

function lackingIn(error: unknown): string {
  if (error instanceof LedgerUnavailable) return "ledger";
  if (error instanceof AuditUnavailable) return "audit trail";
  return error instanceof AuthenticationUnavailable ? "identity provider" : "database";
}
