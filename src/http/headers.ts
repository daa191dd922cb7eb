import type { IncomingMessage, ServerResponse } from "node:http";
import cors from "@fastify/cors";
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";
import helmet, { type HelmetOptions } from "helmet";
import { answerType } from "../graphql/media-type.ts";
import { httpError } from "./errors.ts";

const APOLLO = "https://*.apollographql.com";

/** Apollo Sandbox comes from Apollo's servers, and its page has scripts and styles inside. */
const FOR_PAGES: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'", APOLLO],
      scriptSrc: ["'self'", "'unsafe-inline'", APOLLO],
      styleSrc: ["'self'", "'unsafe-inline'", APOLLO, "https://fonts.googleapis.com"],
      fontSrc: ["https://fonts.gstatic.com"],
      imgSrc: ["'self'", "data:", APOLLO],
      frameAncestors: ["'none'"],
    },
  },
};

/** The console is scripts, styles and an image of this server, and talks to no other. */
const FOR_CONSOLE: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
      trustedTypes: ["'none'"],
    },
  },
};

/** Where there are no pages, what says how one is shown says nothing, and takes some 4 % of the time of a request to send. */
const FOR_ANSWERS: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  // `frame-ancestors` says it.
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

/** What a browser may do with answers: nothing but read them, and from the listed origins alone. */
export async function protectBrowsers(
  app: FastifyInstance,
  corsOrigins: readonly string[],
  hasPage: boolean,
): Promise<void> {
  const headers = helmetHeaders(hasPage ? FOR_PAGES : FOR_ANSWERS);
  app.addHook("onRequest", (_request, reply, next) => {
    reply.headers(headers);
    next();
  });
  // Without an origin there are no CORS headers at all, so that browsers refuse every other site.
  if (corsOrigins.length === 0) return;
  await app.register(cors, {
    origin: [...corsOrigins],
    methods: ["GET", "POST"],
    exposedHeaders: ["x-request-id"],
    maxAge: 600,
  });
}

/** What helmet sets. No answer differs from another, and making the headers anew for each takes as long as a signature. */
function helmetHeaders(options: HelmetOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  const answer = {
    setHeader: (name: string, value: string) => {
      headers[name.toLowerCase()] = value;
    },
    removeHeader() {},
  };
  helmet(options)({} as IncomingMessage, answer as unknown as ServerResponse, () => {});
  return headers;
}

/** What a browser may do with the console. */
export const forConsole = helmetHeaders(FOR_CONSOLE);

/** A hook that refuses what could not be answered, or not be read, before anything of it runs. */
export function checkHeaders(
  request: FastifyRequest,
  _reply: FastifyReply,
  next: HookHandlerDoneFunction,
): void {
  next(refusalOf(request));
}

function refusalOf({ caller, headers }: FastifyRequest): Error | undefined {
  // The page has no caller.
  if (caller !== null && answerType(headers.accept) === undefined) {
    return httpError(406, "Accept must allow application/json or application/graphql-response+json");
  }
  // A small body can become a large one, and no client of this server needs it.
  if ((headers["content-encoding"] ?? "identity") !== "identity") {
    return httpError(415, "The body must not be compressed");
  }
  return undefined;
}
