import type { FastifyInstance } from "fastify";
import { AuditUnavailable, AuthenticationUnavailable, LedgerUnavailable, reasonOf } from "../errors.ts";
import type { Turn } from "../shares/turns.ts";

/** The caller ID under which health probes get their turns. */
const PROBES = "probes";

/**
 * Serves the health probes. `/livez` says that the process answers. `/readyz` says that the server can serve requests; it answers
 * 503 while the server stops or cannot serve, and the body says why.
 *
 * @param ready rejects while the server cannot serve
 */
export function serveHealth(
  app: FastifyInstance,
  stopping: () => boolean,
  ready: () => Promise<void>,
  turn: Turn,
): void {
  // A flood of probes delays only other probes.
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
