import type { FastifyInstance } from "fastify";
import { isLoopbackHostname } from "../process/loopback.ts";
import { httpError } from "./errors.ts";

/**
 * Refuses requests that name another host than this machine. A page of any site can point its own name at 127.0.0.1
 * (DNS rebinding) and is then, to the browser, of the same origin as this server, which has no authentication; but
 * the browser still sends that name.
 */
export function refuseOtherHosts(app: FastifyInstance): void {
  app.addHook("onRequest", ({ headers: { host = "" } }, _reply, next) => {
    // Not Fastify's hostname, which is that of X-Forwarded-Host where a proxy is trusted.
    if (isLoopbackHostname(host.replace(/:\d*$/, ""))) return next();
    const message = "This server answers requests to localhost alone; the Host header names another";
    return next(httpError(421, message));
  });
}
