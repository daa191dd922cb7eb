import cors from "@fastify/cors";
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";
import type { Logger } from "pino";
import { answerType } from "../graphql/media-type.ts";
import { httpError } from "./errors.ts";
import { refuseOtherOrigins } from "./origins.ts";

type Headers = Readonly<Record<string, string>>;

const FOR_ANSWERS: Headers = {
  "content-security-policy": "default-src 'none';frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
};

const forPages = (...policy: string[]): Headers => ({
  ...FOR_ANSWERS,
  "content-security-policy": [...policy, "frame-ancestors 'none'"].join(";"),
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
});

/** Apollo Sandbox loads from Apollo's servers, and its page has inline scripts and styles. */
const APOLLO = "https://*.apollographql.com";
const FOR_SANDBOX = forPages(
  `default-src 'self' ${APOLLO}`,
  `script-src 'self' 'unsafe-inline' ${APOLLO}`,
  `style-src 'self' 'unsafe-inline' ${APOLLO} https://fonts.googleapis.com`,
  "font-src https://fonts.gstatic.com",
  `img-src 'self' data: ${APOLLO}`,
);

/** The headers of the console, which loads everything from this server and connects to no other. */
export const FOR_CONSOLE = forPages(
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
);

/** Lets browsers do nothing with answers except read them, and only from the listed origins. */
export async function protectBrowsers(
  app: FastifyInstance,
  corsOrigins: readonly (string | RegExp)[],
  hasPage: boolean,
  logger: Logger,
): Promise<void> {
  const headers = hasPage ? FOR_SANDBOX : FOR_ANSWERS;
  app.addHook("onRequest", (_request, reply, next) => {
    reply.headers(headers);
    next();
  });
  refuseOtherOrigins(app, corsOrigins, logger);
  // Without listed origins, no answer has CORS headers, so browsers block every other site.
  if (corsOrigins.length === 0) return;
  await app.register(cors, {
    origin: [...corsOrigins],
    methods: ["GET", "POST"],
    exposedHeaders: ["x-request-id"],
    maxAge: 600,
  });
}

/** A hook that refuses a request with an unreadable body or no acceptable media type before it runs. */
export function checkHeaders(
  { caller, headers }: FastifyRequest,
  _reply: FastifyReply,
  next: HookHandlerDoneFunction,
): void {
  // A request for the page has no caller.
  if (caller !== null && answerType(headers.accept) === undefined) {
    next(
      httpError(
        406,
        "Accept must allow application/json or application/graphql-response+json; send one of these, or no Accept",
      ),
    );
  } else if ((headers["content-encoding"] ?? "identity") !== "identity") {
    // A small compressed body can become a large one, and no client needs compression.
    next(httpError(415, "The body must not be compressed; send it without content-encoding"));
  } else {
    next();
  }
}
