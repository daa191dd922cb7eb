import { randomUUID } from "node:crypto";
import fastify, { type FastifyInstance } from "fastify";
import { BODY_LIMIT } from "./body-size.ts";
import { type CallerRules, knowCaller } from "./callers.ts";
import { type ConsoleBuild, serveConsole } from "./console.ts";
import type { Drain } from "./drain.ts";
import { answerBadUrl, answerErrors } from "./errors.ts";
import { graphqlHandler, type HandlerParts } from "./graphql-handler.ts";
import { checkHeaders, protectBrowsers, refuseWebSockets } from "./headers.ts";
import { serveHealth } from "./health.ts";
import { refuseOtherHosts } from "./host.ts";
import { jsonBodies } from "./json-body.ts";
import { endPipelined } from "./pipelined.ts";
import { type Following, followRequests } from "./requests.ts";
import { cutOffIdleReaders, type InFlightRules, limitInFlight } from "./shares.ts";

/** Where GraphQL is served. */
export const GRAPHQL_PATH = "/graphql";

/** How long the headers of a request, and a whole request, may take to arrive, in milliseconds. */
export const HEADERS_TIMEOUT = 10_000;
export const REQUEST_TIMEOUT = 15_000;

/** What the HTTP server is made of. */
export interface AppParts extends CallerRules, Following, InFlightRules, Omit<HandlerParts, "readBody"> {
  /** Answers only requests to this machine, for lack of authentication. */
  readonly localOnly: boolean;
  /** Null where there is none. */
  readonly console: ConsoleBuild | null;
  readonly corsOrigins: readonly (string | RegExp)[];
  /** Rejects while the server cannot serve. */
  readonly ready: () => Promise<void>;
  /** Adds hooks of its own, before there are any routes. */
  readonly follow: (app: FastifyInstance) => void;
}

/** The HTTP server: what arrives at GraphQL has a caller, and is JSON in UTF-8 of a bounded size. */
export async function createApp(parts: AppParts): Promise<{ app: FastifyInstance; drain: Drain }> {
  const { services, turn, localOnly, hasPage, corsOrigins, ready, trustsProxy, logger } = parts;
  const app: FastifyInstance = fastify({
    genReqId: () => randomUUID(),
    trustProxy: trustsProxy ?? false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT,
    frameworkErrors: answerBadUrl,
    http: { headersTimeout: HEADERS_TIMEOUT, connectionsCheckingInterval: 1000 },
  });
  // Node.js answers what is not HTTP; Fastify would do so in the middle of another answer, too.
  app.server.removeAllListeners("clientError");
  const readBody = jsonBodies(app);

  app.addHook("onRequest", endPipelined);
  const drain = followRequests(app, parts);
  parts.follow(app);
  answerErrors(app, logger, services.audit, GRAPHQL_PATH);
  if (localOnly) refuseOtherHosts(app);
  await protectBrowsers(app, corsOrigins, hasPage, logger);
  app.addHook("onRequest", refuseWebSockets);
  cutOffIdleReaders(app);

  if (parts.console) await serveConsole(app, parts.console, hasPage ? GRAPHQL_PATH : null);
  serveHealth(app, () => drain.announced, ready, turn);
  app.route({
    method: ["GET", "POST"],
    url: GRAPHQL_PATH,
    onRequest: [knowCaller(app, parts), checkHeaders, limitInFlight(app, parts)],
    handler: graphqlHandler({ ...parts, readBody }),
  });
  return { app, drain };
}
