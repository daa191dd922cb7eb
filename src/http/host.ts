import type { FastifyInstance } from "fastify";
import { isLoopbackHostname } from "../process/loopback.ts";
import { httpError } from "./errors.ts";

const ONLY_LOCALHOST =
  "The Host header names another machine, and without authentication this server answers only localhost; to let others in, " +
  "make an API key with stagepass keys create, or set AUTH_JWT_SECRET or AUTH_JWKS_URI, and restart with HOST=0.0.0.0";

/**
 * Refuses requests that name another host than this machine. A page of any site can point its own name at 127.0.0.1
 * (DNS rebinding) and is then, to the browser, of the same origin as this server, which has no authentication; but
 * the browser still sends that name.
 */
export function refuseOtherHosts(app: FastifyInstance): void {
  app.addHook("onRequest", ({ headers: { host = "" } }, _reply, next) => {
    // Not Fastify's hostname, which is that of X-Forwarded-Host where a proxy is trusted.
    if (isLoopbackHostname(host.replace(/:\d*$/, ""))) return next();
    return next(httpError(421, ONLY_LOCALHOST));
  });
}
