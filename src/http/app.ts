import { randomUUID } from "node:crypto";
import fastify, { type FastifyInstance } from "fastify";
import type { FaultyServices } from "../graphql/context.ts";
import { BODY_LIMIT } from "./body-size.ts";
import { type CallerRules, clientKnower, knowCaller } from "./callers.ts";
import { type ConsoleBuild, serveConsole } from "./console.ts";
import type { Drain } from "./drain.ts";
import { answerBadUrl, answerErrors } from "./errors.ts";
import { readFault, refuseFaults } from "./faults.ts";
import { graphqlHandler, type HandlerParts } from "./graphql-handler.ts";
import { checkHeaders, protectBrowsers } from "./headers.ts";
import { serveHealth } from "./health.ts";
import { refuseOtherHosts } from "./host.ts";
import { joinRoute } from "./join-route.ts";
import { jsonBodies } from "./json-body.ts";
import { type LocalPlatform, serveLocalPlatform } from "./local-platform.ts";
import { endPipelined } from "./pipelined.ts";
import { type Following, followRequests } from "./requests.ts";
import { cutOffIdleReaders, type InFlightRules, limitInFlight } from "./shares.ts";
import { acceptSockets } from "./sockets.ts";
import { SubscriptionSockets, type SubscriptionSocketsParts } from "./subscription-sockets.ts";
import { serveWebhooks, type WebhookParts } from "./webhooks.ts";

/** The path of the GraphQL endpoint. */
export const GRAPHQL_PATH = "/graphql";

/** The longest time for the headers and for the whole request to arrive, in milliseconds. */
export const HEADERS_TIMEOUT = 10_000;
export const REQUEST_TIMEOUT = 15_000;

/** The longest part of a path that names something, in characters: a session ID. */
const MAX_PARAM_LENGTH = 255;

/** The parts of the HTTP server. */
export interface AppParts
  extends CallerRules,
    Following,
    InFlightRules,
    Omit<HandlerParts, "readBody" | "stopping">,
    Omit<SubscriptionSocketsParts, "know" | "audit"> {
  /** Whether only requests to this machine are answered, because there is no authentication. */
  readonly localOnly: boolean;
  /** Null when the console is off. */
  readonly console: ConsoleBuild | null;
  /** Null for another platform. */
  readonly local: LocalPlatform | null;
  /** Services that fail on request; null where the fault switch is off. */
  readonly faulty: FaultyServices | null;
  readonly corsOrigins: readonly (string | RegExp)[];
  /** Null without a webhook secret. */
  readonly webhooks: Omit<WebhookParts, "turn"> | null;
  /** Rejects while the server cannot serve. */
  readonly ready: () => Promise<void>;
  /** Adds more hooks before the server has routes. */
  readonly follow: (app: FastifyInstance) => void;
}

/** Creates the HTTP server. A request that reaches GraphQL has a caller, and a body of bounded size in UTF-8 JSON. */
export async function createApp(parts: AppParts): Promise<{ app: FastifyInstance; drain: Drain }> {
  const { services, turn, localOnly, hasPage, corsOrigins, ready, trustsProxy, logger } = parts;
  const app: FastifyInstance = fastify({
    genReqId: () => randomUUID(),
    trustProxy: trustsProxy ?? false,
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    requestTimeout: REQUEST_TIMEOUT,
    frameworkErrors: answerBadUrl,
    http: { headersTimeout: HEADERS_TIMEOUT, connectionsCheckingInterval: 1000 },
  });
  // Node.js answers invalid HTTP. Fastify would do so even in the middle of another answer.
  app.server.removeAllListeners("clientError");
  const readBody = jsonBodies(app);

  app.addHook("onRequest", endPipelined);
  const { drain, log } = followRequests(app, parts);
  parts.follow(app);
  answerErrors(app, logger, services.audit, GRAPHQL_PATH);
  if (localOnly) refuseOtherHosts(app);
  if (!parts.faulty) refuseFaults(app);
  await protectBrowsers(app, corsOrigins, hasPage, logger);
  const know = clientKnower(parts);
  const subscriptions = new SubscriptionSockets({ ...parts, know, audit: services.audit });
  const rooms = parts.local ? [joinRoute(parts.local.clients, turn)] : [];
  acceptSockets(app, {
    routes: [subscriptions.at(GRAPHQL_PATH), ...rooms],
    corsOrigins,
    trustsProxy,
    drain,
    log,
  });
  cutOffIdleReaders(app);

  if (parts.console) await serveConsole(app, parts.console, hasPage ? GRAPHQL_PATH : null);
  serveHealth(app, () => drain.announced, ready, turn);
  if (parts.webhooks) serveWebhooks(app, { ...parts.webhooks, turn });
  const limit = limitInFlight(app, parts);
  app.route({
    method: ["GET", "POST"],
    url: GRAPHQL_PATH,
    onRequest: [knowCaller(app, hasPage, know), readFault(app, parts.faulty), checkHeaders, limit],
    handler: graphqlHandler({ ...parts, readBody, stopping: drain.stopping }),
  });
  if (parts.local) await serveLocalPlatform(app, parts.local, { turn, logger, limit });
  return { app, drain };
}
