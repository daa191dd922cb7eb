import { setTimeout } from "node:timers/promises";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import type { LocalPlatform } from "../http/local-platform.ts";
import { emulatedPlatform } from "../platform/emulator/emulated-platform.ts";
import { EventSender, type SenderListener } from "../platform/emulator/event-sender.ts";
import { joinHandler } from "../platform/emulator/join-handler.ts";
import { Rooms } from "../platform/emulator/rooms.ts";
import { ServerCalls } from "../platform/emulator/server-calls.ts";
import { type Background, repeatedly } from "../services/repeatedly.ts";
import type { KeyRing } from "../signing/key-ring.ts";
import { problemOfPlatformAuth } from "../signing/platform-auth-check.ts";
import { SigningService } from "../signing/signing-service.ts";
import type { WebhookKeys } from "../signing/webhook-keys.ts";
import { signWebhook } from "../signing/webhook-signature.ts";
import type { Fetch } from "./outbound.ts";

/** The interval of `checkClients`, in milliseconds. */
const CHECK_CLIENTS_EVERY = 5000;

/** The local platform: rooms that clients join, servers call, and events report. */
export interface Emulator extends LocalPlatform {
  readonly events: EventSender;
}

/** The local platform of a project. Its events wait until `beginEmulator`. */
export function createEmulator(
  keyRing: KeyRing,
  keys: WebhookKeys,
  fetch: Fetch,
  logger: Logger,
  now: () => Date,
): Emulator {
  const { applicationId } = keyRing;
  const signing = new SigningService(keyRing);
  const events = new EventSender({
    sign: (body, at) => signWebhook(body, applicationId, keys.signing, at),
    fetch,
    now,
    pause: (milliseconds) => setTimeout(milliseconds, undefined, { ref: false }),
    listener: senderListener(logger),
  });
  const rooms = new Rooms(applicationId, (event) => events.send(event));
  const calls = new ServerCalls(rooms);
  return {
    platform: emulatedPlatform(applicationId, calls),
    calls,
    clients: joinHandler(rooms, (token, at) => signing.inspect(token, at), now),
    events,
    problemOf: (token, at) => problemOfPlatformAuth(token, keyRing, at),
    now,
  };
}

/**
 * Sends the events of the rooms, and disconnects silent clients.
 *
 * @param ownUrl where this server receives events; `LOCAL_WEBHOOK_URL` names another receiver
 */
export function beginEmulator(
  { events, clients }: Emulator,
  { database, webhooks }: Config,
  ownUrl: string,
  logger: Logger,
): Background {
  if (database.engine === "postgres")
    logger.warn(
      "the local platform's rooms live in this process. With several servers on one database, clients and server SDKs must all use the same server",
    );
  events.sendTo(webhooks.localUrl ?? ownUrl);
  const checks = repeatedly(CHECK_CLIENTS_EVERY, async () => clients.checkClients());
  return {
    async stop() {
      await Promise.all([checks.stop(), events.stop()]);
    },
  };
}

function senderListener(logger: Logger): SenderListener {
  return {
    onFailure: (reason) =>
      logger.warn({ reason }, "the local platform's events are not accepted; they are sent again"),
    onRecovery: () => logger.info("the local platform's events are accepted again"),
    onDropped: () => logger.warn("the local platform drops events, because too many wait or are too old"),
    onAccepted: (dropped) => logger.warn({ dropped }, "the local platform drops no more events"),
  };
}
