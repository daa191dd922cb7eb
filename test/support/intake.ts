import { createSecretKey } from "node:crypto";
import { Writable } from "node:stream";
import pino from "pino";
import { onTestFinished } from "vitest";
import { localCaller } from "../../src/access/caller.ts";
import type { OpenCredentials } from "../../src/access/open-credentials.ts";
import { NO_AUDIT } from "../../src/audit/audit.ts";
import type { MonitoringEvent } from "../../src/domain/monitoring-event.ts";
import type { Engine } from "../../src/graphql/apollo.ts";
import type { Services } from "../../src/graphql/context.ts";
import { admitAll } from "../../src/graphql/trusted-documents.ts";
import { createApp } from "../../src/http/app.ts";
import type { WebhookParts } from "../../src/http/webhooks.ts";
import { InFlight } from "../../src/shares/in-flight.ts";
import { WebhookKeys } from "../../src/signing/webhook-keys.ts";
import { API_KEY } from "./credentials.ts";
import { newSessionId } from "./fault-server.ts";
import { WEBHOOK_SECRET } from "./room-events.ts";

/** The connection data of `joined`. */
export const DATA = "canary-connection-data";

/** The payload of somebody who has joined a session of the tests' project. */
export function joined(members: object = {}): string {
  const connection = { id: "c1", createdAt: Date.now(), data: DATA };
  const event = { sessionId: newSessionId(API_KEY), projectId: API_KEY, event: "connectionCreated" };
  return JSON.stringify({ ...event, timestamp: Date.now(), connection, ...members });
}

/** An HTTP server whose events are kept here until the test is over, and stored nowhere. */
export async function startIntake(parts: Partial<WebhookParts> = {}) {
  const events: MonitoringEvent[] = [];
  const turns: string[] = [];
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const { app } = await createApp({
    engine: {} as Engine,
    followOperation: (_summary, execute) => execute(),
    services: { audit: NO_AUDIT } as Services,
    authenticate: Object.assign(async () => localCaller(), { check: async () => {}, rotate: () => false }),
    trustsProxy: null,
    admit: admitAll,
    turn: async (callerId) => {
      turns.push(callerId);
    },
    inFlight: new InFlight({ requests: 10, bytes: 1e6, connections: 10 }),
    localOnly: false,
    hasPage: false,
    console: null,
    local: null,
    faulty: null,
    subscribe: async () => [],
    credentials: {} as OpenCredentials,
    corsOrigins: [],
    webhooks: {
      keys: new WebhookKeys(createSecretKey(WEBHOOK_SECRET, "utf8")),
      project: { environment: "opentok", applicationId: API_KEY },
      participants: {
        async apply(given) {
          events.push(...given);
        },
      },
      now: () => new Date(),
      ...parts,
    },
    ready: async () => {},
    follow() {},
    onRequestEnd() {},
    logger: pino({ level: "trace" }, sink),
  });
  const origin = await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  return {
    origin,
    events,
    /** The caller IDs whose turns were taken. */
    turns,
    log: (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line)),
  };
}
