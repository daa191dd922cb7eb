import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { httpError } from "./errors.ts";

/** The shortest time between log lines about refused origins, in milliseconds, because any page can cause them. */
const LOG_EVERY = 60_000;

/** The longest origin that the log repeats, in characters. */
const MAX_ORIGIN_LENGTH = 300;

const NOT_LISTED =
  "The page's origin is not in CORS_ORIGINS; add it, for example CORS_ORIGINS=https://app.example.com, and restart the server";
const NO_ORIGIN =
  "The page has no origin for CORS_ORIGINS, because it comes from a file or a sandbox; serve it over HTTP";

/**
 * Answers preflights of unlisted origins with 403 and the reason. Browsers report only a CORS error, so the log names the
 * origin, in at most one line per `every` milliseconds.
 */
export function refuseOtherOrigins(
  app: FastifyInstance,
  corsOrigins: readonly (string | RegExp)[],
  logger: Logger,
  every = LOG_EVERY,
): void {
  let quietUntil = 0;
  app.addHook("onRequest", ({ method, headers }, _reply, done) => {
    const { origin } = headers;
    const asks = method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
    if (!asks || origin === undefined || isListed(origin, corsOrigins)) return done();
    if (performance.now() >= quietUntil) {
      quietUntil = performance.now() + every;
      logger.warn({ origin: shown(origin) }, "a page was refused: its origin is not in CORS_ORIGINS");
    }
    return done(httpError(403, whyNotListed(origin)));
  });
}

/** What to do about an origin that is not in CORS_ORIGINS. */
export function whyNotListed(origin: string): string {
  return origin === "null" ? NO_ORIGIN : NOT_LISTED;
}

/** Whether CORS_ORIGINS has an origin. */
export function isListed(origin: string, listed: readonly (string | RegExp)[]): boolean {
  return listed.some((each) => (typeof each === "string" ? each === origin : each.test(origin)));
}

/** The origin for the log; `null` for other text, which may be anything. */
function shown(origin: string): string {
  const isOrigin = origin.length <= MAX_ORIGIN_LENGTH && /^[a-z][a-z0-9+.-]*:\/\/[\w.:[\]-]+$/i.test(origin);
  return isOrigin ? origin : "null";
}
