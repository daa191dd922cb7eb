import { isUtf8 } from "node:buffer";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { httpError } from "./errors.ts";

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)"?/i;

/** Reads the body of a request: JSON, or undefined where there is none. It throws what is refused with 400 or 415. */
export type ReadBody = (request: FastifyRequest) => unknown;

/**
 * Bodies are JSON in UTF-8, and nothing else. Fastify by itself reads `charset=iso-8859-1` as UTF-8 and
 * turns invalid UTF-8 into U+FFFD: a token would then carry other data than the caller sent.
 *
 * They are kept as bytes until a handler reads them: to parse JSON takes time, for which its caller's turn has to come.
 */
export function jsonBodies(app: FastifyInstance): ReadBody {
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
  return (request) => {
    const { body, headers } = request;
    if (!Buffer.isBuffer(body)) return body;
    const charset = CHARSET.exec(headers["content-type"] ?? "")?.[1] ?? "utf-8";
    if (!/^utf-?8$/i.test(charset)) throw httpError(415, "The charset of the body must be utf-8");
    if (!isUtf8(body)) throw httpError(400, "The body is not valid UTF-8");
    let read: unknown;
    // Fastify's parser calls back at once.
    parseJson(request, body.toString("utf8"), (error, value) => {
      if (error) throw error;
      read = value;
    });
    return read;
  };
}
