import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { answerType } from "../graphql/media-type.ts";
import { refusal } from "./errors.ts";

const APOLLO = "https://*.apollographql.com";

/** What a browser may do with answers: nothing but read them, and from the listed origins alone. */
export async function protectBrowsers(
  app: FastifyInstance,
  corsOrigins: readonly string[],
  hasPage: boolean,
): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: hasPage
        ? // Apollo Sandbox comes from Apollo's servers, and its page has scripts and styles inside.
          {
            defaultSrc: ["'self'", APOLLO],
            scriptSrc: ["'self'", "'unsafe-inline'", APOLLO],
            styleSrc: ["'self'", "'unsafe-inline'", APOLLO, "https://fonts.googleapis.com"],
            fontSrc: ["https://fonts.gstatic.com"],
            imgSrc: ["'self'", "data:", APOLLO],
            frameAncestors: ["'none'"],
          }
        : { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
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

/** A hook that refuses what could not be answered, or not be read, before anything of it runs. The page has no caller. */
export async function checkHeaders({ caller, headers }: FastifyRequest): Promise<void> {
  if (caller !== null && answerType(headers.accept) === undefined) {
    throw refusal(406, "Accept must allow application/json or application/graphql-response+json");
  }
  // A small body can become a large one, and no client of this server needs it.
  if ((headers["content-encoding"] ?? "identity") !== "identity") {
    throw refusal(415, "The body must not be compressed");
  }
}
