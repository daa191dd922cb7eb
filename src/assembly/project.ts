import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Logger } from "pino";
import type { JwtRules } from "../access/jwt-checks.ts";
import { sameSecrets } from "../config/authentication.ts";
import type { Config } from "../config/config.ts";
import type { PlatformConfig } from "../config/platform.ts";
import { webhooksSwitched } from "../config/webhooks.ts";
import { StartupError } from "../errors.ts";
import { type Instrument, NO_INSTRUMENT } from "../instruments/instrument.ts";
import { CREDENTIAL_NAMES } from "../platform/credential-names.ts";
import { keptLocalProject, newLocalProject } from "../platform/local-project.ts";
import type { Platform } from "../platform/platform.ts";
import { restPlatform } from "../platform/rest-platform.ts";
import { VERSION } from "../process/version.ts";
import { type KeyRing, openTokKeyRing } from "../signing/key-ring.ts";
import { platformAuth } from "../signing/platform-auth.ts";
import { randomWebhookKeys, type WebhookKeys } from "../signing/webhook-keys.ts";
import { type DatabaseAddress, describeAddress } from "../store/database-address.ts";
import { createEmulator, type Emulator } from "./local-platform.ts";
import { type Fetch, outbound } from "./outbound.ts";

/** The project of the server. */
export interface Project {
  readonly keyRing: KeyRing;
  readonly platform: Platform;
  /** The local platform; null for another one. */
  readonly emulator: Emulator | null;
  /** The secrets of the platform's events; null if the server receives none. */
  readonly webhookKeys: WebhookKeys | null;

  /**
   * Signs with the credentials of `next` from now on, and verifies with them and with the previous ones that `next` names. Takes its
   * webhook secrets, too, but a random one stays. It reads nothing else from `next` except the secrets of callers' JWTs.
   *
   * @returns whether the credentials and the webhook secrets changed.
   * @throws {StartupError} when they are of another project, also sign callers' JWTs, or turn webhooks on or off; then nothing changes.
   */
  rotate(next: Config): { readonly changed: boolean; readonly webhooks: boolean };
}

/**
 * The configured project; without credentials, a local project.
 *
 * @throws {StartupError} when the local project cannot be stored, or callers' JWTs are signed with its secret
 */
export function createProject(
  { platform: config, database, jwtRules, proxy, webhooks }: Config,
  logger: Logger,
  instrument: Instrument = NO_INSTRUMENT,
  now: () => Date = () => new Date(),
): Project {
  const keyRing = config.keyRing ?? localProject(database, (text) => logger.warn(text));
  checkOtherSecret(jwtRules, keyRing);
  const fetch = outbound(proxy);
  const onPlatform =
    config.name === "local"
      ? onLocalPlatform(keyRing, webhooks.keys ?? randomWebhookKeys(), fetch, logger, now)
      : onRestPlatform(config, webhooks.keys, fetch, logger, instrument);
  return {
    keyRing,
    ...onPlatform,
    rotate({ platform: next, jwtRules, webhooks: { keys } }) {
      const problem = webhooksSwitched(webhooks.keys, keys);
      if (problem !== null) throw new StartupError([problem]);
      checkOtherSecret(jwtRules, next.keyRing ?? keyRing);
      const changed = rotate(config, keyRing, next);
      return { changed, webhooks: keys !== null && (webhooks.keys?.takeKeysOf(keys) ?? false) };
    },
  };
}

/**
 * Checks the secrets that the configuration does not know: that of a local project, and previous ones.
 *
 * @throws {StartupError} when callers' JWTs are signed with a secret of the project's
 */
export function checkOtherSecret(jwtRules: JwtRules | null, { verifyingKeys }: KeyRing): void {
  const problems = sameSecrets(jwtRules, (secret) => verifyingKeys.some((key) => key.equals(secret)));
  if (problems.length > 0) throw new StartupError(problems);
}

/**
 * The credentials of an existing project, for commands that only read.
 *
 * @throws {StartupError} when none are configured, and no server has created a local project yet
 */
export function existingKeyRing({ platform, database }: Config): KeyRing {
  const file = localProjectFile(database);
  if (platform.keyRing === null && (file === null || !existsSync(file))) {
    throw new StartupError([
      `DATABASE_URL: the database ${describeAddress(database)} has no local project yet; start the server once to create it`,
    ]);
  }
  return platform.keyRing ?? localProject(database, () => {});
}

function localProject(database: DatabaseAddress, warn: (text: string) => void): KeyRing {
  const file = localProjectFile(database);
  const { apiKey, apiSecret } = file === null ? newLocalProject() : keptLocalProject(file, warn);
  return openTokKeyRing(apiKey, apiSecret);
}

/** The file of a local project; null for a database in memory, whose project is not stored. */
export function localProjectFile(database: DatabaseAddress): string | null {
  if (database.engine !== "sqlite" || database.file === null) return null;
  return join(dirname(database.file), "local-project.json");
}

type OnPlatform = Pick<Project, "platform" | "emulator" | "webhookKeys">;

function onLocalPlatform(
  keyRing: KeyRing,
  webhookKeys: WebhookKeys,
  fetch: Fetch,
  logger: Logger,
  now: () => Date,
): OnPlatform {
  const emulator = createEmulator(keyRing, webhookKeys, fetch, logger, now);
  return { platform: emulator.platform, emulator, webhookKeys };
}

function onRestPlatform(
  { name, keyRing, url, timeout }: Exclude<PlatformConfig, { readonly name: "local" }>,
  webhookKeys: WebhookKeys | null,
  fetch: Fetch,
  logger: Logger,
  instrument: Instrument,
): OnPlatform {
  const platform = restPlatform({
    environment: name,
    applicationId: keyRing.applicationId,
    url,
    timeout,
    userAgent: `stagepass/${VERSION}`,
    fetch,
    authenticate: (now) => platformAuth(keyRing, now),
    around: (method, route, call) => instrument.platformCall(method, route, call),
    onCircuit(state) {
      instrument.circuit(state);
      if (state !== "halfOpen")
        logger.warn({ state }, "the circuit breaker of the platform changed its state");
    },
  });
  return { platform, emulator: null, webhookKeys };
}

function rotate(config: PlatformConfig, keyRing: KeyRing, next: PlatformConfig): boolean {
  if (next.name !== config.name) {
    throw new StartupError([`PLATFORM: cannot become ${next.name} while the server runs; restart it`]);
  }
  // A local project has no credentials to reload.
  if (config.keyRing === null && next.keyRing === null) return false;
  if (next.keyRing?.applicationId !== keyRing.applicationId) {
    const { id } = CREDENTIAL_NAMES[keyRing.environment];
    throw new StartupError([`${id}: cannot change while the server runs; restart it`]);
  }
  return keyRing.takeKeysOf(next.keyRing);
}
