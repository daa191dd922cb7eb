import { setTimeout } from "node:timers/promises";
import type { Logger } from "pino";
import { createEmulator, type Emulator } from "../platform/emulator/emulator.ts";
import type { SenderListener } from "../platform/emulator/event-sender.ts";
import { type Background, repeatedly } from "../services/repeatedly.ts";
import type { KeyRing } from "../signing/key-ring.ts";
import { SigningService } from "../signing/signing-service.ts";
import type { WebhookKeys } from "../signing/webhook-keys.ts";
import { signWebhook } from "../signing/webhook-signature.ts";
import type { Fetch } from "./outbound.ts";

/** The interval of `checkPeers`, in milliseconds. */
const CHECK_PEERS_EVERY = 5000;

/** The local platform of a project. Its events wait until `beginEmulator`. */
export function createLocalPlatform(
  keyRing: KeyRing,
  keys: WebhookKeys,
  fetch: Fetch,
  logger: Logger,
  now: () => Date,
): Emulator {
  const { applicationId } = keyRing;
  const signing = new SigningService(keyRing);
  return createEmulator(applicationId, (token, at) => signing.inspect(token, at), {
    sign: (body, at) => signWebhook(body, applicationId, keys.signing, at),
    fetch,
    now,
    pause: (milliseconds) => setTimeout(milliseconds, undefined, { ref: false }),
    listener: senderListener(logger),
  });
}

/** Sends the events of the rooms to `url`, and disconnects silent clients. */
export function beginEmulator({ events, clients }: Emulator, url: string): Background {
  events.sendTo(url);
  const checks = repeatedly(CHECK_PEERS_EVERY, async () => clients.checkPeers());
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
