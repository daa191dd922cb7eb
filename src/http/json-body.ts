import { isUtf8 } from "node:buffer";
import type { FastifyInstance } from "fastify";
import { BODY_LIMIT, bodyLimitFor, tooLarge } from "./body-size.ts";
import { refusal } from "./errors.ts";
import { textOfLargeJson } from "./large-json.ts";

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)"?/i;

/**
 * Bodies are JSON in UTF-8, and nothing else. Fastify by itself reads `charset=iso-8859-1` as UTF-8 and
 * turns invalid UTF-8 into U+FFFD: a token would then carry other data than the caller sent.
 */
export function readJsonBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.decorateRequest("hasLargeBody", false);
  app.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (request, body, done) => {
    const charset = CHARSET.exec(request.headers["content-type"] ?? "")?.[1] ?? "utf-8";
    if (!/^utf-?8$/i.test(charset)) {
      done(refusal(415, "The charset of the body must be utf-8"));
    } else if (body.length > bodyLimitFor(request.caller)) {
      done(tooLarge());
    } else if (!isUtf8(body)) {
      done(refusal(400, "The body is not valid UTF-8"));
    } else if (body.length > BODY_LIMIT) {
      request.hasLargeBody = true;
      textOfLargeJson(body).then((text) => parseJson(request, text, done), done);
    } else {
      parseJson(request, body.toString("utf8"), done);
    }
  });
}
