import { isUtf8 } from "node:buffer";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { EXAMPLE_BODY } from "../errors.ts";
import { httpError } from "./errors.ts";
import { notJson } from "./not-json.ts";

/** The message for a request without a body. */
export const EMPTY = `The body is empty; send an object such as ${EXAMPLE_BODY} with content-type: application/json`;

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)"?/i;

/** Reads the JSON body of a request; undefined without a body. Throws errors with status 400 or 415. */
export type ReadBody = (request: FastifyRequest) => unknown;

/**
 * Accepts only JSON bodies in UTF-8. Fastify itself reads `charset=iso-8859-1` as UTF-8 and turns invalid UTF-8 into U+FFFD. A token
 * would then have other data than the caller sent.
 *
 * Bodies stay bytes until a handler reads them, because parsing takes time and must wait for the caller's turn.
 */
export function jsonBodies(app: FastifyInstance): ReadBody {
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
  return (request) => {
    const { method, body, headers } = request;
    if (body === undefined && method !== "POST") return body;
    if (!Buffer.isBuffer(body) || body.length === 0) throw httpError(400, EMPTY);
    const charset = CHARSET.exec(headers["content-type"] ?? "")?.[1] ?? "utf-8";
    if (!/^utf-?8$/i.test(charset))
      throw httpError(415, "The charset of the body must be utf-8; send content-type: application/json");
    if (!isUtf8(body)) throw httpError(400, "The body is not valid UTF-8; encode it as UTF-8");
    let read: unknown;
    // Fastify's parser calls back synchronously.
    const text = body.toString("utf8");
    parseJson(request, text, (error, value) => {
      if (error) throw httpError(400, notJson(text));
      read = value;
    });
    return read;
  };
}
