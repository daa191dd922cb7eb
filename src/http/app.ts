import { randomUUID } from "node:crypto";
import type { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import fastify, { type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { type Context, createContext, type Services } from "../graphql/context.ts";
import { type Drain, drainable } from "./drain.ts";
import { answerError } from "./error-answer.ts";
import { serveHealth } from "./health.ts";
import { BODY_LIMIT, readJsonBodies } from "./json-body.ts";
import { RequestLog } from "./request-log.ts";

/** Where GraphQL is served. */
export const GRAPHQL_PATH = "/graphql";

/** How long a whole request may take to arrive, in milliseconds. */
const REQUEST_TIMEOUT = 15_000;

/** The HTTP server around a started Apollo Server: what arrives there is JSON in UTF-8, of a bounded size. */
export function createApp(
  apollo: ApolloServer<Context>,
  services: Services,
  ping: () => Promise<void>,
  logger: FastifyBaseLogger,
): { app: FastifyInstance; drain: Drain } {
  const app: FastifyInstance = fastify({
    loggerInstance: logger,
    logController: new RequestLog(),
    genReqId: () => randomUUID(),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT,
    http: { connectionsCheckingInterval: 1000 },
  });
  readJsonBodies(app);

  app.addHook("onRequest", (request, reply, next) => {
    reply.headers({ "x-request-id": request.id, "cache-control": "no-store" });
    next();
  });
  const drain = drainable(app);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(() => {
    throw Object.assign(new Error(`Not found; GraphQL is at ${GRAPHQL_PATH}`), { statusCode: 404 });
  });

  serveHealth(app, () => drain.begun, ping);
  app.route({
    method: ["GET", "POST"],
    url: GRAPHQL_PATH,
    handler: fastifyApolloHandler(apollo, {
      context: async ({ id, log }) => createContext(services, id, log),
    }),
  });
  return { app, drain };
}
