import type {
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
} from "fastify";
import type { Logger } from "pino";
import { callerWith } from "../access/caller.ts";
import { STRANGERS } from "../access/jwt-callers.ts";
import { RateLimited } from "../errors.ts";
import type { JoinHandler } from "../platform/emulator/join-handler.ts";
import { layoutClassesIn, muteStateIn, sessionOptionsIn, signalIn } from "../platform/emulator/rest-input.ts";
import { RoomRefusal } from "../platform/emulator/room-refusal.ts";
import type { ServerCalls } from "../platform/emulator/server-calls.ts";
import type { Platform, PlatformStream } from "../platform/platform.ts";
import type { Turn } from "../shares/turns.ts";
import { dropBody } from "./body-size.ts";
import { originOf } from "./callers.ts";

/** The largest body of a call to the platform, in bytes. */
const REST_BODY_LIMIT = 64 * 1024;

/** The caller ID of all servers and clients of the local platform, so that together they have one caller's share. */
export const LOCAL_PLATFORM = "local-platform";

/** The local platform, as the platform's server SDKs use it. */
export interface LocalPlatform {
  readonly platform: Platform;
  readonly calls: ServerCalls;
  readonly clients: JoinHandler;
  /** Why the `X-OPENTOK-AUTH` header is refused, in the platform's words; null for a valid one. */
  readonly problemOf: (token: string | undefined, now: Date) => string | null;
  readonly now: () => Date;
}

/** The dependencies of `serveLocalPlatform`. */
export interface LocalPlatformRules {
  readonly turn: Turn;
  readonly logger: Logger;
  /** Limits what the caller of a request has in flight. */
  readonly limit: onRequestHookHandler;
}

type Call = (call: {
  readonly params: Readonly<Record<"sessionId" | "connectionId" | "streamId", string>>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}) => unknown;

/**
 * Serves the paths of the platform's REST API, for its server SDKs. Statuses and answers are the platform's. The credential is the
 * API secret, so the calls need none of this server's own.
 */
export async function serveLocalPlatform(
  app: FastifyInstance,
  { platform, calls, problemOf, now }: LocalPlatform,
  { turn, logger, limit }: LocalPlatformRules,
): Promise<void> {
  const { applicationId } = platform;
  const startedAt = now().getTime();

  /** Authenticates a call before its body is read. */
  const knowProject = async (request: FastifyRequest): Promise<void> => {
    const { "x-opentok-auth": token } = request.headers;
    const { apiKey = applicationId } = request.params as { apiKey?: string };
    const problem = problemOf(token?.toString(), now());
    request.reason = problem ?? (apiKey === applicationId ? null : "Issuer not found");
    if (request.reason === null) {
      request.caller = { ...callerWith(LOCAL_PLATFORM, LOCAL_PLATFORM, {}), origin: originOf(request) };
      return;
    }
    await turn(STRANGERS);
    throw new RoomRefusal(403, request.reason);
  };

  await app.register(async (rest) => {
    rest.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "buffer" },
      (_request, body, done) => done(null, body),
    );
    rest.setErrorHandler<Error>((error, request, reply) => {
      dropBody(request.raw);
      return refuse(error, request, reply, logger);
    });
    rest.addHook("onRequest", knowProject);
    rest.addHook("onRequest", limit);
    rest.addHook("preHandler", () => turn(LOCAL_PLATFORM));

    const serve = (method: "DELETE" | "GET" | "POST" | "PUT", url: string, call: Call) =>
      rest.route({
        method,
        url,
        bodyLimit: REST_BODY_LIMIT,
        exposeHeadRoute: false,
        handler: async (request, reply) =>
          reply.send(call({ params: request.params as Parameters<Call>[0]["params"], request, reply })),
      });

    rest.post("/session/create", { bodyLimit: REST_BODY_LIMIT }, async (request, reply) => {
      const createdAt = now();
      const sessionId = await platform.createSession(sessionOptionsIn(request.body), createdAt);
      return created(reply, request.headers.accept, { sessionId, applicationId, createdAt });
    });

    const session = "/v2/project/:apiKey/session/:sessionId";
    serve("GET", `${session}/connection`, ({ params: { sessionId } }) => {
      const items = calls.connections(sessionId).map(({ connectionId, isConnected, createdAt }) => ({
        connectionId,
        connectionState: isConnected ? "Connected" : "Connecting",
        createdAt: createdAt?.getTime(),
      }));
      return { count: items.length, applicationId, sessionId, items };
    });
    serve("DELETE", `${session}/connection/:connectionId`, ({ params, reply }) => {
      calls.disconnect(params.sessionId, params.connectionId, now());
      reply.code(204);
    });
    serve("GET", `${session}/stream`, ({ params }) => listOf(calls.streams(params.sessionId)));
    serve("GET", `${session}/stream/:streamId`, ({ params }) =>
      shown(calls.stream(params.sessionId, params.streamId)),
    );
    serve("PUT", `${session}/stream`, ({ params: { sessionId }, request }) => {
      calls.setLayoutClasses(sessionId, layoutClassesIn(request.body));
      return listOf(calls.streams(sessionId));
    });
    // No SDK sends a body that means anything.
    serve("POST", `${session}/stream/:streamId/mute`, ({ params }) =>
      calls.muteStream(params.sessionId, params.streamId),
    );
    serve("POST", `${session}/mute`, ({ params, request }) => {
      const { active, excludedStreamIds } = muteStateIn(request.body);
      calls.muteAll(params.sessionId, active, excludedStreamIds);
      const project = { id: applicationId, applicationId, name: "local", createdAt: startedAt };
      return { ...project, status: "ACTIVE", environment: "standard" };
    });
    serve("POST", `${session}/signal`, ({ params, request, reply }) => {
      calls.signal(params.sessionId, null, signalIn(request.body));
      reply.code(204);
    });
    serve("POST", `${session}/connection/:connectionId/signal`, ({ params, request, reply }) => {
      calls.signal(params.sessionId, params.connectionId, signalIn(request.body));
      reply.code(204);
    });
  });
}

function listOf(streams: readonly PlatformStream[]) {
  return { count: streams.length, items: streams.map(shown) };
}

function shown({ streamId, name, videoType, layoutClassList }: PlatformStream) {
  // The platform omits the type of a stream with audio only.
  return { id: streamId, videoType: videoType ?? undefined, name, layoutClassList };
}

/** Answers with a new session: JSON, or XML, which the Ruby SDK reads, for a client that does not ask for JSON. */
function created(
  reply: FastifyReply,
  accept: string | undefined,
  session: { readonly sessionId: string; readonly applicationId: string; readonly createdAt: Date },
): FastifyReply {
  const { sessionId, applicationId, createdAt } = session;
  const [day, date, month, year, time] = createdAt.toUTCString().replace(",", "").split(" ");
  const createDt = `${day} ${month} ${date} ${time} UTC ${year}`;
  if (accept?.includes("json")) {
    const project = { project_id: applicationId, partner_id: applicationId };
    const others = { session_status: null, media_server_url: "" };
    return reply.send([{ session_id: sessionId, ...project, create_dt: createDt, ...others }]);
  }
  // None of the values has a character that XML escapes.
  return reply
    .type("application/xml")
    .send(
      `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><sessions><Session><session_id>${sessionId}</session_id>` +
        `<partner_id>${applicationId}</partner_id><create_dt>${createDt}</create_dt></Session></sessions>`,
    );
}

/** Answers a refused call as the platform does. */
function refuse(error: Error, request: FastifyRequest, reply: FastifyReply, logger: Logger): FastifyReply {
  const { message } = error;
  if (error instanceof RoomRefusal) {
    const { status } = error;
    const body = status === 403 ? { code: -1, message, description: message } : { code: status, message };
    return reply.code(status).send(body);
  }
  if (error instanceof RateLimited) {
    const { code, retryAfterSeconds } = error.extensions;
    request.summary.code = code;
    return reply.code(429).header("retry-after", String(retryAfterSeconds)).send({ code: 429, message });
  }
  const { statusCode: status = 500 } = error as FastifyError;
  // As in errors.ts: the rest of the body is read.
  if (status === 413) reply.removeHeader("connection");
  if (status < 500 || status === 503) return reply.code(status).send({ code: status, message });
  logger.error({ requestId: request.id, err: error }, "unexpected error");
  return reply.code(500).send({ code: 500, message: "Internal server error" });
}
