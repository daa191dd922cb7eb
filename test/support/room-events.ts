import { createSecretKey } from "node:crypto";
import type { MonitoringEvent } from "../../src/domain/monitoring-event.ts";
import { signWebhook } from "../../src/signing/webhook-signature.ts";
import { API_KEY } from "./credentials.ts";
import type { TestServer } from "./server.ts";

/** The environment of a server that takes the events of these functions. */
export const WITH_EVENTS = { WEBHOOK_SECRET: "canary-of-webhooks-canary-of-webhooks" };

const key = createSecretKey(WITH_EVENTS.WEBHOOK_SECRET, "utf8");

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

/** Sends signed events to a server, all at once, and resolves when they are stored. */
export async function send(server: TestServer, events: readonly MonitoringEvent[]): Promise<void> {
  await Promise.all(
    events.map(async (event) => {
      const body = JSON.stringify(event);
      const { ok, status } = await fetch(`${server.origin}/webhooks/session-monitoring`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${signWebhook(body, API_KEY, key, new Date())}`,
        },
        body,
      });
      if (!ok) throw new Error(`the server answered an event with ${status}`);
    }),
  );
}
