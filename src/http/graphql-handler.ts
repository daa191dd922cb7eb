import { type GraphQLResponse, HeaderMap, type HTTPGraphQLHead } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Engine } from "../graphql/apollo.ts";
import { type Context, createContext, type Services } from "../graphql/context.ts";
import { answerType, failureType } from "../graphql/media-type.ts";
import type { OperationSummary } from "../graphql/summary.ts";
import type { Admit } from "../graphql/trusted-documents.ts";
import type { Turn } from "../shares/turns.ts";
import { admittedBody, admittedSearch } from "./admission.ts";
import { callerOf } from "./callers.ts";
import { httpError } from "./errors.ts";
import { slowDown } from "./faults.ts";
import type { ReadBody } from "./json-body.ts";
import { operationIn } from "./operation.ts";

/** The parts of the GraphQL handler. */
export interface HandlerParts {
  /** Its Apollo Server is started. */
  readonly engine: Engine;
  /** Wraps the execution of an operation. */
  readonly followOperation: <T>(summary: OperationSummary, execute: () => Promise<T>) => Promise<T>;
  readonly services: Services;
  readonly admit: Admit;
  readonly turn: Turn;
  readonly readBody: ReadBody;
  readonly logger: Logger;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
}

/**
 * Executes each request at its caller's turn. A known operation needs no Apollo Server. Any other ordinary one skips Apollo's HTTP
 * layer. All other requests, such as a GET, go through that layer.
 */
export function graphqlHandler(parts: HandlerParts) {
  const { engine, followOperation, services, admit, turn, readBody, logger, stopping } = parts;
  const { apollo, known, measures } = engine;
  const contextOf = (request: FastifyRequest): Context => {
    const { id: requestId, body, summary, passage } = request;
    const caller = callerOf(request);
    return createContext(request.fault?.services ?? services, {
      caller,
      requestId,
      logger,
      summary,
      bodyBytes: Buffer.isBuffer(body) ? body.length : 0,
      reserve: (bytes) => passage?.reserve(bytes),
      turn: () => turn(caller.id),
    });
  };

  const execute = (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const body = admittedBody(request, readBody(request), admit);
    return followOperation(request.summary, () => respond(request, reply, body));
  };

  const respond = async (request: FastifyRequest, reply: FastifyReply, body: unknown): Promise<string> => {
    const { method, headers } = request;
    const operation = operationIn(method, body);
    if (operation && !measures(headers)) {
      const answer = await known.answer(operation, headers.accept, contextOf(request));
      if (answer) return answered(answer, request, reply);
    }
    const http = { method, headers: headerMap(request), search: admittedSearch(request, admit), body };
    if (operation) {
      const contextValue = contextOf(request);
      return answered(
        await apollo.executeOperation({ ...operation, http }, { contextValue }),
        request,
        reply,
      );
    }
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: http,
      context: async () => contextOf(request),
    });
    if (answer.body.kind === "chunked") throw inParts();
    sendHead(reply, answer, request);
    return answer.body.string;
  };

  return async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const { passage, caller } = request;
    passage?.hold();
    try {
      if (request.fault) await slowDown(request, reply, stopping);
      await turn(caller?.id ?? "");
      if (reply.raw.destroyed) throw httpError(400, "The client disconnected");
      return await execute(request, reply);
    } finally {
      passage?.leave();
    }
  };
}

function answered({ http, body }: GraphQLResponse, request: FastifyRequest, reply: FastifyReply): string {
  if (body.kind === "incremental") throw inParts();
  reply.header("content-type", answerType(request.headers.accept));
  sendHead(reply, http, request);
  const { errors, data, extensions } = body.singleResult;
  return `${JSON.stringify({ errors, data, extensions })}\n`;
}

function sendHead(
  reply: FastifyReply,
  { status = 200, headers }: HTTPGraphQLHead,
  { headers: { accept } }: FastifyRequest,
): void {
  for (const [name, value] of headers) reply.header(name, value);
  // Apollo Server does not choose the media type of a failure.
  if (status >= 400) reply.header("content-type", failureType(accept));
  reply.code(status);
}

/** Only @defer and @stream cause this error, and the schema has neither. */
function inParts(): Error {
  return new Error("incremental delivery is not supported");
}

function headerMap({ headers }: FastifyRequest): HeaderMap {
  const map = new HeaderMap();
  for (const name in headers) map.set(name, String(headers[name]));
  return map;
}
