import type { FastifyInstance } from "fastify";
import { isLoopbackHostname } from "../process/loopback.ts";
import { httpError } from "./errors.ts";

const ONLY_LOCALHOST =
  "The Host header names another machine, but a server without authentication answers only localhost. To serve others, create " +
  "an API key with stagepass keys create, or set AUTH_JWT_SECRET or AUTH_JWKS_URI. Then restart with HOST=0.0.0.0";

/**
 * Refuses requests whose `Host` is not this machine. Any site can point its own name at 127.0.0.1 (DNS rebinding). For the browser,
 * its pages then have the same origin as this server, which has no authentication. But `Host` still has the site's name.
 */
export function refuseOtherHosts(app: FastifyInstance): void {
  app.addHook("onRequest", ({ headers: { host = "" } }, _reply, next) => {
    // Fastify's hostname would come from X-Forwarded-Host behind a trusted proxy.
    if (isLoopbackHostname(host.replace(/:\d*$/, ""))) return next();
    return next(httpError(421, ONLY_LOCALHOST));
  });
}
