import { type ApolloServer, HeaderMap } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { type Context, createContext, type Services } from "../graphql/context.ts";
import type { Admit } from "../graphql/trusted-documents.ts";
import { admittedBody, admittedSearch } from "./admission.ts";
import { callerOf } from "./callers.ts";
import { turns } from "./turns.ts";

/**
 * How many requests begin in one turn of the event loop. In bursts of 200 on one core its delay is then some 20 ms at the
 * 99th percentile, and some 75 when all begin at once; fewer cost throughput.
 */
const PER_TURN = 3;

/** Hands requests to Apollo Server, without the URL parsing that its Fastify integration does for each one. */
export function graphqlHandler(
  apollo: ApolloServer<Context>,
  services: Services,
  admit: Admit,
  logger: Logger,
) {
  const turn = turns(PER_TURN);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    await turn(request.caller?.id ?? "");
    const { status, headers, body } = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method,
        headers: headerMap(request),
        search: admittedSearch(request, admit),
        body: admittedBody(request, admit),
      },
      context: async () => createContext(services, callerOf(request), request.id, logger),
    });
    // Only @defer and @stream answer in parts, and the schema has neither.
    if (body.kind === "chunked") throw new Error("incremental delivery is not supported");
    for (const [name, value] of headers) reply.header(name, value);
    reply.code(status ?? 200);
    return body.string;
  };
}

function headerMap({ headers }: FastifyRequest): HeaderMap {
  const map = new HeaderMap();
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) map.set(name, typeof value === "string" ? value : value.join(", "));
  }
  return map;
}
