import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";

/** The codes of what is refused before GraphQL sees it. */
const CODES: Record<number, string> = {
  400: "BAD_REQUEST",
  404: "NOT_FOUND",
  413: "PAYLOAD_TOO_LARGE",
  415: "UNSUPPORTED_MEDIA_TYPE",
  503: "SERVICE_UNAVAILABLE",
};

/** Answers an error outside GraphQL in the form that GraphQL clients read. The message of an unknown one is masked. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const status = error.statusCode ?? 500;
  const code = CODES[status];
  if (code === undefined) request.log.error({ err: error }, "unexpected error");
  reply.code(code === undefined ? 500 : status).send({
    errors: [
      code === undefined
        ? {
            message: "Internal server error",
            extensions: { code: "INTERNAL_SERVER_ERROR", requestId: request.id },
          }
        : { message: error.message, extensions: { code } },
    ],
  });
}
