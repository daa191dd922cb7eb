/**
 * What each peer runs on. With `--with-duties`, it has the duties of Stagepass by the plugins that its users would take: it verifies
 * the caller's JWT (cached), sets security headers, gives each request an ID, limits the depth of documents, checks what the caller
 * may do, and counts its tokens. It still has no ledger and no cost limit.
 */
import { randomUUID } from "node:crypto";
import helmet from "@fastify/helmet";
import jwt from "@fastify/jwt";
import fastify from "fastify";
import { GraphQLError } from "graphql";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { CALLER_SECRET } from "../project.js";

export const hasDuties = process.argv.includes("--with-duties");

/** As deep as a document may be for Stagepass. */
export const MAX_DEPTH = 10;
/** The tokens per minute of a caller: more than the load requests. */
const POINTS = 999_999_999;

const limiter = new RateLimiterMemory({ points: POINTS, duration: 60 });

/** A fastify server, with the duties of each request. */
export async function createApp() {
  if (!hasDuties) return fastify();
  const app = fastify({ genReqId: () => randomUUID(), logger: { file: "/dev/null" } });
  await app.register(helmet);
  await app.register(jwt, { secret: CALLER_SECRET, verify: { algorithms: ["HS256"], cache: true } });
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    reply.header("cache-control", "no-store");
    await request.jwtVerify();
  });
  return app;
}

/** Checks that the caller may have the token, and counts it. */
export async function admit({ sub, scope, video_grant: grant }, { sessionId, role }) {
  const isAllowed =
    scope.split(" ").includes("tokens:create") &&
    grant.roles.includes(role.toUpperCase()) &&
    (grant.sessions.includes("*") || grant.sessions.includes(sessionId));
  if (!isAllowed) throw new GraphQLError("Forbidden", { extensions: { code: "FORBIDDEN" } });
  await limiter.consume(sub).catch(() => {
    throw new GraphQLError("Too many tokens", { extensions: { code: "RATE_LIMITED" } });
  });
}
