import { isUtf8 } from "node:buffer";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { STRANGERS } from "../access/jwt-callers.ts";
import type { MonitoringEvent } from "../domain/monitoring-event.ts";
import { readMonitoringEvent } from "../domain/read-monitoring-event.ts";
import { isOwnedBy } from "../domain/session-id.ts";
import { RateLimited, Unauthenticated } from "../errors.ts";
import type { ParticipantService } from "../services/participants.ts";
import { InFlight, type Passage } from "../shares/in-flight.ts";
import type { Turn } from "../shares/turns.ts";
import type { WebhookKeys } from "../signing/webhook-keys.ts";
import { hasHash, verifyWebhook, type WebhookProject } from "../signing/webhook-signature.ts";
import { httpError } from "./errors.ts";
import { checkHeaders } from "./headers.ts";
import { bodyBytes } from "./shares.ts";

/** The path of the platform's session monitoring events. */
export const WEBHOOK_PATH = "/webhooks/session-monitoring";

/** The largest body of a webhook, in bytes. An event has less than 10 KB. */
export const WEBHOOK_BODY_LIMIT = 64 * 1024;

/** The most webhooks in flight, and the most bytes of their bodies. The platform sends a refused event again. */
export const WEBHOOKS_IN_FLIGHT = { requests: 1000, bytes: 16 * 1024 * 1024 };

/** The caller ID under which webhooks get their turns and their log lines. */
const WEBHOOKS = "webhooks";

/** Replacements for Fastify's messages, by status. */
const MESSAGES: Readonly<Record<number, string>> = {
  413: `The body has more than ${WEBHOOK_BODY_LIMIT / 1024} KB`,
  415: "The body must be JSON; send content-type: application/json",
};

declare module "fastify" {
  interface FastifyRequest {
    /** The hash that the body of a webhook must have; null before its JWT is verified. */
    bodyHash: Buffer | null;
    /** Null before the webhook is admitted. */
    webhookPassage: Passage | null;
  }
}

/** The dependencies of `serveWebhooks`. */
export interface WebhookParts {
  readonly keys: WebhookKeys;
  readonly project: WebhookProject;
  readonly participants: Pick<ParticipantService, "apply">;
  readonly turn: Turn;
  readonly now: () => Date;
}

/**
 * Serves the platform's session monitoring events. A webhook is answered with 204 when its event is durable. An unknown sender is
 * refused before its body is read.
 */
export function serveWebhooks(app: FastifyInstance, parts: WebhookParts): void {
  const { participants, project, turn } = parts;
  app.decorateRequest("bodyHash", null);
  app.decorateRequest("webhookPassage", null);
  app.route({
    method: app.supportedMethods,
    url: WEBHOOK_PATH,
    bodyLimit: WEBHOOK_BODY_LIMIT,
    onRequest: [onlyPost, verifySender(parts), checkHeaders, limitWebhooks()],
    errorHandler: explain,
    async handler(request, reply) {
      const { summary, webhookPassage } = request;
      // The request may run on after its client has disconnected.
      webhookPassage?.hold();
      try {
        await turn(WEBHOOKS);
        const event = eventIn(request);
        summary.operation = event?.event ?? "other";
        if (event !== null) {
          if (!isOwnedBy(project.applicationId, event.sessionId))
            throw httpError(403, "The session of the event belongs to another project");
          await participants.apply([event]);
        }
        summary.code = event === null ? "IGNORED" : "APPLIED";
        return reply.code(204).send();
      } finally {
        webhookPassage?.leave();
      }
    },
  });
}

async function onlyPost({ method }: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (method === "POST") return;
  reply.header("allow", "POST");
  throw httpError(405, `${method} is not supported; send an event by POST`);
}

/** A hook that verifies the JWT, which says which body belongs to it. */
function verifySender({ keys, project, turn, now }: WebhookParts) {
  return async (request: FastifyRequest): Promise<void> => {
    const [, token] = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "") ?? [];
    const hash = token === undefined ? null : verifyWebhook(token, keys.verifying, project, now());
    if (hash instanceof Buffer) {
      request.bodyHash = hash;
      request.sender = WEBHOOKS;
      return;
    }
    // As for other unauthenticated requests, a flood of which delays no caller.
    await turn(STRANGERS);
    throw new Unauthenticated(
      hash === null
        ? "Send the header Authorization: Bearer with the JWT of the webhook"
        : `The JWT of the webhook is not valid: ${hash}`,
    );
  };
}

/** A hook that refuses a webhook before its body is read when too many are in flight. */
function limitWebhooks() {
  const inFlight = new InFlight({ ...WEBHOOKS_IN_FLIGHT, connections: Number.POSITIVE_INFINITY });
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    // The close event is over, so the passage would never be freed.
    if (reply.raw.destroyed) throw httpError(400, "The client disconnected");
    try {
      const passage = inFlight.enter(WEBHOOKS, bodyBytes(request.headers, WEBHOOK_BODY_LIMIT));
      request.webhookPassage = passage;
      reply.raw.once("close", () => passage.leave());
    } catch (error) {
      if (!(error instanceof RateLimited)) throw error;
      throw httpError(503, "Too many webhooks are in flight; send the event again later");
    }
  };
}

/** The event in the body; null for an unknown one. No error repeats the body, which has connection data. */
function eventIn({ body, bodyHash }: FastifyRequest): MonitoringEvent | null {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  if (bodyHash === null || !hasHash(bytes, bodyHash))
    throw new Unauthenticated("The body does not have the payload_hash of the webhook's JWT");
  if (!isUtf8(bytes)) throw httpError(400, "The body is not valid UTF-8");
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw httpError(400, "The body is not JSON");
  }
  return readMonitoringEvent(value);
}

/** Notes the reason of a refusal for the log, and passes the error on. */
function explain(error: FastifyError, request: FastifyRequest): never {
  const { statusCode, code } = error;
  if (statusCode === undefined) throw error;
  const message = code?.startsWith("FST_") ? MESSAGES[statusCode] : undefined;
  request.reason = message ?? error.message;
  throw message === undefined ? error : httpError(statusCode, message);
}
