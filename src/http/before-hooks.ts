import { randomUUID } from "node:crypto";
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { errors } from "./errors.ts";
import type { RequestLog } from "./request-log.ts";

/*
 * What is refused before any hook of Fastify's, or is no request at all. It gets the form of every other error, and a line in
 * the log that has nothing of what was sent.
 */

/** Answers a URL that cannot be decoded. */
export function answerBadUrl(log: RequestLog) {
  return (_error: FastifyError, { id, method }: FastifyRequest, reply: FastifyReply): void => {
    const { headers, body } = refused(log, 400, "The URL is malformed", id, method);
    reply.code(400).headers(headers).send(body);
  };
}

/** What is answered to each of Node's errors; 400 to the others. */
const CLIENT_ERRORS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "The headers are too large"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request did not arrive in time"],
};

/** Answers what is not HTTP, has headers that are too large, or does not arrive in time, and closes the connection. */
export function answerClientErrors(log: RequestLog) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    // Whoever has gone reads nothing, whoever sent nothing asked nothing, and another answer must not get this one's text.
    if (error.code === "ECONNRESET" || !socket.writable || socket.bytesRead === 0 || isAnswering(socket)) {
      socket.destroy();
      return;
    }
    const [status, message] = CLIENT_ERRORS[error.code ?? ""] ?? [400, "The request is not valid HTTP"];
    const { headers, body } = refused(log, status, message);
    const head = Object.entries({ ...headers, connection: "close" }).map((header) => header.join(": "));
    socket.write([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...head, "", body].join("\r\n"));
    socket.destroySoon();
  };
}

/** Whether a part of an answer was sent. Node asks itself the same, and tells it nowhere else. */
function isAnswering(socket: Socket & { _httpMessage?: ServerResponse | null }): boolean {
  return socket._httpMessage?.headersSent ?? false;
}

/** Answers an `Expect` that cannot be met, which Node would do without a body. */
export function answerExpectations({ server }: FastifyInstance, log: RequestLog): void {
  server.on("checkExpectation", ({ method }, response) => {
    const { headers, body } = refused(
      log,
      417,
      "Expect can be nothing but 100-continue",
      randomUUID(),
      method,
    );
    // What was to follow it is not read.
    response.writeHead(417, { ...headers, connection: "close" }).end(body);
  });
}

/** The answer, once it is in the log. */
function refused(
  log: RequestLog,
  status: number,
  message: string,
  requestId: string = randomUUID(),
  method?: string,
) {
  const code = "BAD_REQUEST";
  log.write("info", { requestId, method, path: "(none)", status, operation: null, code }, "request");
  const body = JSON.stringify(errors(message, { code }));
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-request-id": requestId,
  };
  return { headers, body };
}
