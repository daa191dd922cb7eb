import { type ApolloServer, HeaderMap } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { type Context, createContext, type Services } from "../graphql/context.ts";
import { type Admit, admitAll } from "../graphql/trusted-documents.ts";
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
    await turn();
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

/** What is not an object, Apollo Server refuses. */
function admittedBody({ method, body, id }: FastifyRequest, admit: Admit): unknown {
  const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
  return method === "POST" && isObject ? admit(body, id) : body;
}

/** The query string of a path, with its question mark. */
function admittedSearch({ method, url, id }: FastifyRequest, admit: Admit): string {
  const start = url.indexOf("?");
  const search = start === -1 ? "" : url.slice(start);
  if (method !== "GET" || admit === admitAll) return search;
  const parameters = new URLSearchParams(search);
  const { query } = admit(
    {
      query: parameters.get("query"),
      documentId: parameters.get("documentId"),
      extensions: parsed(parameters.get("extensions")),
    },
    id,
  );
  if (query === parameters.get("query") || typeof query !== "string") return search;
  parameters.set("query", query);
  parameters.delete("extensions");
  return `?${parameters}`;
}

/** What is not JSON, Apollo Server refuses. */
function parsed(json: string | null): unknown {
  try {
    return JSON.parse(json ?? "null");
  } catch {
    return null;
  }
}
