import { randomUUID } from "node:crypto";
import type { ApolloServer } from "@apollo/server";
import fastify, { type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Context, Services } from "../graphql/context.ts";
import { answerBadUrl, answerErrors } from "./errors.ts";
import { graphqlHandler } from "./graphql-handler.ts";
import { serveHealth } from "./health.ts";
import { refuseOtherHosts } from "./host.ts";
import { BODY_LIMIT, readJsonBodies } from "./json-body.ts";
import { type Drain, followRequests } from "./requests.ts";

/** Where GraphQL is served. */
export const GRAPHQL_PATH = "/graphql";

/** How long a whole request may take to arrive, in milliseconds. */
const REQUEST_TIMEOUT = 15_000;

/** The HTTP server around a started Apollo Server: what arrives there is JSON in UTF-8, of a bounded size. */
export function createApp(
  apollo: ApolloServer<Context>,
  services: Services,
  ping: () => Promise<void>,
  logger: Logger,
): { app: FastifyInstance; drain: Drain } {
  const app: FastifyInstance = fastify({
    genReqId: () => randomUUID(),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT,
    frameworkErrors: answerBadUrl,
    // Node swaps the two timeouts when that of the headers is the longer one, and its default is a minute.
    http: { headersTimeout: REQUEST_TIMEOUT, connectionsCheckingInterval: 1000 },
  });
  readJsonBodies(app);

  const drain = followRequests(app, logger);
  answerErrors(app, logger);
  refuseOtherHosts(app);

  serveHealth(app, () => drain.begun, ping, logger);
  app.route({
    method: ["GET", "POST"],
    url: GRAPHQL_PATH,
    handler: graphqlHandler(apollo, services, logger),
  });
  return { app, drain };
}
