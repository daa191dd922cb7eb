import { type ApolloServer, HeaderMap, type HTTPGraphQLHead } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { type Context, createContext, type Services } from "../graphql/context.ts";
import { answerType } from "../graphql/media-type.ts";
import { stringifyResult } from "../graphql/stringify.ts";
import type { Admit } from "../graphql/trusted-documents.ts";
import { admittedBody, admittedSearch } from "./admission.ts";
import { limitTexts } from "./body-size.ts";
import { callerOf } from "./callers.ts";
import { encodeInTurns } from "./encode.ts";
import { operationIn } from "./operation.ts";
import { turns } from "./turns.ts";

/**
 * Hands requests to Apollo Server: an operation in the ordinary form directly, and what is left to its HTTP layer, such as
 * what that refuses, and GET, by way of it. That layer takes longer than it takes to sign a token.
 *
 * @param perTurn how many requests begin in one turn of the event loop
 */
export function graphqlHandler(
  apollo: ApolloServer<Context>,
  services: Services,
  admit: Admit,
  perTurn: number,
  logger: Logger,
) {
  const turn = turns(perTurn);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<string | Buffer> => {
    await turn(request.caller?.id ?? "");
    if (request.hasLargeBody) await limitTexts(request);
    const http = {
      method: request.method,
      headers: headerMap(request),
      search: admittedSearch(request, admit),
      body: admittedBody(request, admit),
    };
    const { id: requestId, hasLargeBody, summary } = request;
    const context = () =>
      createContext(services, { caller: callerOf(request), requestId, logger, hasLargeBody, summary });
    const operation = operationIn(http);
    if (operation) {
      const { http: head, body } = await apollo.executeOperation(operation, { contextValue: context() });
      if (body.kind === "incremental") throw inParts();
      sendHead(reply, head);
      reply.header("content-type", answerType(request.headers.accept));
      const { errors, data, extensions } = body.singleResult;
      return encodeInTurns(await stringifyResult({ errors, data, extensions }));
    }
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: http,
      context: async () => context(),
    });
    if (answer.body.kind === "chunked") throw inParts();
    sendHead(reply, answer);
    return encodeInTurns(answer.body.string);
  };
}

function sendHead(reply: FastifyReply, { status, headers }: HTTPGraphQLHead): void {
  for (const [name, value] of headers) reply.header(name, value);
  reply.code(status ?? 200);
}

/** Only @defer and @stream answer in parts, and the schema has neither. */
function inParts(): Error {
  return new Error("incremental delivery is not supported");
}

function headerMap({ headers }: FastifyRequest): HeaderMap {
  const map = new HeaderMap();
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) map.set(name, typeof value === "string" ? value : value.join(", "));
  }
  return map;
}
