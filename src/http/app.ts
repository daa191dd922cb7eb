import { randomUUID } from "node:crypto";
import type { ApolloServer } from "@apollo/server";
import fastify, { type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Context, Services } from "../graphql/context.ts";
import { answerErrors } from "./errors.ts";
import { graphqlHandler } from "./graphql-handler.ts";
import { serveHealth } from "./health.ts";
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
    http: { connectionsCheckingInterval: 1000 },
  });
  readJsonBodies(app);

  const drain = followRequests(app, logger);
  answerErrors(app, logger);

  serveHealth(app, () => drain.begun, ping);
  app.route({
    method: ["GET", "POST"],
    url: GRAPHQL_PATH,
    handler: graphqlHandler(apollo, services, logger),
  });
  return { app, drain };
}
