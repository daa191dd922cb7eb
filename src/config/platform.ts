import { CREDENTIAL_NAMES } from "../platform/credential-names.ts";
import { type KeyRing, openTokKeyRing, vonageKeyRing } from "../signing/key-ring.ts";
import type { Wanted } from "../signing/rsa-key.ts";
import type { DatabaseAddress } from "../store/database-address.ts";
import type { Environment } from "./environment.ts";
import { privateKey } from "./private-key.ts";
import { apiKey, apiSecret, apiUrl, applicationId, choice, wholeNumber } from "./variables.ts";

/** The platform that creates sessions, and the project that owns them. */
export type PlatformConfig =
  | {
      readonly name: "local";
      /** The OpenTok project of its sessions; null for a generated one beside the database. */
      readonly keyRing: KeyRing | null;
    }
  | {
      readonly name: "opentok" | "vonage";
      readonly keyRing: KeyRing;
      /** The URL of its API, without a slash at the end. */
      readonly url: string;
      /** The deadline of one call, in milliseconds. */
      readonly timeout: number;
    };

/** The platform that `PLATFORM` names, or the platform whose credentials are set. */
export function platformOf(env: Environment, { engine }: DatabaseAddress): PlatformConfig {
  requireWholeCredentials(env);
  const named = env.read("PLATFORM", choice("local", "opentok", "vonage"));
  const timeout = env.read("PLATFORM_TIMEOUT_MS", wholeNumber(100, 60_000));
  const openTok = openTokOf(env);
  const vonage = vonageOf(env);
  const name =
    named ?? (env.has("OPENTOK_API_KEY") ? "opentok" : env.has("VONAGE_APPLICATION_ID") ? "vonage" : "local");
  // A generated project stays on one machine, so other servers would not have it.
  if (name === "local" && engine === "postgres" && !env.has("OPENTOK_API_KEY")) {
    env.problem(
      "OPENTOK_API_KEY",
      "must be set, with OPENTOK_API_SECRET and PLATFORM=local, because servers on one PostgreSQL database need the same project. Choose a number as the key, and make a secret with: openssl rand -hex 20",
    );
  }
  noteUnused(env, name);
  const { keyRing, url } = name === "vonage" ? vonage : openTok;
  return name === "local" || !keyRing ? { name: "local", keyRing } : { name, keyRing, url, timeout };
}

/** The local platform can use OpenTok credentials, but makes no calls. */
function noteUnused(env: Environment, name: PlatformConfig["name"]): void {
  const reason = `the platform is ${name}`;
  for (const [other, { id, key, url }] of Object.entries(CREDENTIAL_NAMES)) {
    if (other === name) continue;
    env.unused(reason, url);
    if (name !== "local" || other !== "opentok") env.unused(reason, id, key, `${key}_PREVIOUS`);
  }
  if (name === "local") env.unused(reason, "PLATFORM_TIMEOUT_MS");
}

/** Credentials are complete or absent. With those of both platforms, `PLATFORM` must be set. */
function requireWholeCredentials(env: Environment): void {
  const platforms = Object.entries(CREDENTIAL_NAMES);
  for (const [name, { id, key }] of platforms) {
    env.require(id, key, `PLATFORM=${name}`);
    env.require(key, id, `${key}_PREVIOUS`, `PLATFORM=${name}`);
  }
  if (!env.has("PLATFORM") && platforms.every(([, { id }]) => env.has(id))) {
    env.problem("PLATFORM", "must be set to opentok or vonage, because credentials of both are set");
  }
}

function openTokOf(env: Environment) {
  const secretOf = env.has("PLATFORM=local") ? apiSecret : wholeSecret;
  const id = env.read("OPENTOK_API_KEY", apiKey);
  const secret = env.read("OPENTOK_API_SECRET", secretOf);
  const previous = env.read("OPENTOK_API_SECRET_PREVIOUS", secretOf) ?? undefined;
  const url = env.read("OPENTOK_API_URL", apiUrl);
  return { keyRing: id && secret ? openTokKeyRing(id, secret, previous) : null, url };
}

/** Refuses an incomplete secret: a SIGHUP may read its file while an editor writes it. */
function wholeSecret(value: string): string {
  const { length } = value;
  if (/^[0-9a-f]+$/i.test(value) && length !== 40) {
    const fault = length < 40 ? "is cut off" : "is too long";
    throw new Error(`${fault}: it has ${length} hexadecimal characters, and the platform's secrets have 40`);
  }
  return apiSecret(value);
}

function vonageOf(env: Environment) {
  const id = env.read("VONAGE_APPLICATION_ID", applicationId);
  const keyOf = (name: "VONAGE_PRIVATE_KEY" | "VONAGE_PRIVATE_KEY_PREVIOUS", wanted: Wanted) =>
    env.read(name, (value) => privateKey(value, wanted, (text) => env.note(name, text)));
  const key = keyOf("VONAGE_PRIVATE_KEY", "private");
  // The public half of the previous key is enough to verify.
  const previous = keyOf("VONAGE_PRIVATE_KEY_PREVIOUS", "public or private") ?? undefined;
  const url = env.read("VONAGE_API_URL", apiUrl);
  return { keyRing: id && key ? vonageKeyRing(id, key, previous) : null, url };
}
