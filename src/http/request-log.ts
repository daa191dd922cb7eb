import { type FastifyReply, type FastifyRequest, LogController } from "fastify";

/** One line for each request, when it has been answered. */
export class RequestLog extends LogController {
  override incomingRequest(): void {}

  override requestCompleted(
    error: Error | null,
    { method, url, log }: FastifyRequest,
    reply: FastifyReply,
  ): void {
    // The path without the query string: a GET's variables are nobody's business but the caller's.
    const [path] = url.split("?", 1);
    const milliseconds = Math.round(reply.elapsedTime);
    const line = { method, path, status: reply.statusCode, milliseconds };
    if (error) log.warn({ ...line, reason: error.name }, "request broken off");
    else log.info(line, "request");
  }
}
