import { createSecretKey } from "node:crypto";
import type { MonitoringEvent } from "../../src/domain/monitoring-event.ts";
import { signWebhook } from "../../src/signing/webhook-signature.ts";
import { API_KEY } from "./credentials.ts";
import type { TestServer } from "./server.ts";

/** The secret of servers that take the events of these functions. */
export const WEBHOOK_SECRET = "canary-of-webhooks-canary-of-webhooks";

/** A participant, as the events tell of it. */
export interface Guest {
  readonly sessionId: string;
  readonly connectionId: string;
  /** In epoch milliseconds. */
  readonly joinedAt: number;
  readonly data?: string;
}

/** What the platform says when somebody joins. */
export function joins({ sessionId, connectionId, joinedAt, data = "" }: Guest): MonitoringEvent {
  const connection = { id: connectionId, createdAt: joinedAt, data };
  return { event: "connectionCreated", sessionId, projectId: API_KEY, timestamp: joinedAt, connection };
}

/** What the platform says when somebody leaves. */
export function leaves(guest: Guest, at: number, reason = "clientDisconnected"): MonitoringEvent {
  const { connection } = joins(guest) as Extract<MonitoringEvent, { event: "connectionCreated" }>;
  const { sessionId } = guest;
  return { event: "connectionDestroyed", sessionId, projectId: API_KEY, timestamp: at, connection, reason };
}

/** What the platform says when somebody begins to publish. */
export function publishes(guest: Guest, id: string, at: number, videoType?: string): MonitoringEvent {
  const { connection } = joins(guest) as Extract<MonitoringEvent, { event: "connectionCreated" }>;
  const stream = { id, connection, createdAt: at, name: `stream ${id}`, ...(videoType && { videoType }) };
  return { event: "streamCreated", sessionId: guest.sessionId, projectId: API_KEY, timestamp: at, stream };
}

/** The JWT of a webhook, as the platform signs it. */
export function signedWebhook(body: string | Buffer, secret = WEBHOOK_SECRET, now = new Date()): string {
  return signWebhook(body, API_KEY, createSecretKey(secret, "utf8"), now);
}

/** Sends a webhook, by default as the platform does. A header that is undefined is left out. */
export function sendWebhook(
  origin: string,
  body: string | Buffer,
  headers: Record<string, string | undefined> = {},
): Promise<Response> {
  const all = {
    "content-type": "application/json",
    authorization: `Bearer ${signedWebhook(body)}`,
    ...headers,
  };
  const sent = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return fetch(`${origin}/webhooks/session-monitoring`, {
    method: "POST",
    headers: Object.fromEntries(sent),
    body: new Uint8Array(Buffer.from(body)),
  });
}

/** Sends signed events to a server, all at once, and resolves when they are stored. */
export async function send(server: TestServer, events: readonly MonitoringEvent[]): Promise<void> {
  await Promise.all(
    events.map(async (event) => {
      const { ok, status } = await sendWebhook(server.origin, JSON.stringify(event));
      if (!ok) throw new Error(`the server answered an event with ${status}`);
    }),
  );
}
