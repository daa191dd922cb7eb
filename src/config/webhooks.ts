import { createSecretKey, type KeyObject } from "node:crypto";
import { WebhookKeys } from "../signing/webhook-keys.ts";
import type { Environment } from "./environment.ts";
import type { PlatformConfig } from "./platform.ts";

/** The platform's events. */
export interface WebhookConfig {
  /** The secrets that sign events; null if none is set. */
  readonly keys: WebhookKeys | null;
  /** Where the local platform sends its events; null for this server. */
  readonly localUrl: string | null;
}

/** The longest secret that the platform allows, in characters. */
const MAX_SECRET = 50;
/** A shorter secret causes a warning. */
const SHORT = 20;

const REMEDY = "make one with: openssl rand -hex 24";

/** Secrets that also sign other JWTs: who may make those could send false events. */
const OTHER_SECRETS = [
  "AUTH_JWT_SECRET",
  "AUTH_JWT_SECRET_PREVIOUS",
  "OPENTOK_API_SECRET",
  "OPENTOK_API_SECRET_PREVIOUS",
] as const;

/** The secrets and the address of the platform's events. */
export function webhooksOf(env: Environment, platform: PlatformConfig["name"]): WebhookConfig {
  const current = env.read("WEBHOOK_SECRET", secret);
  const previous = env.read("WEBHOOK_SECRET_PREVIOUS", secret);
  const localUrl = env.read("LOCAL_WEBHOOK_URL", eventUrl);
  env.require("WEBHOOK_SECRET", "WEBHOOK_SECRET_PREVIOUS");
  checkSecrets(env);
  if (platform !== "local") env.unused(`the platform is ${platform}`, "LOCAL_WEBHOOK_URL");
  else if (env.has("LOCAL_WEBHOOK_URL") && !env.has("WEBHOOK_SECRET"))
    env.problem(
      "WEBHOOK_SECRET",
      `must be set, because the server at LOCAL_WEBHOOK_URL needs it to verify events; ${REMEDY}`,
    );
  if (current === null) return { keys: null, localUrl };
  return { keys: new WebhookKeys(current, ...(previous === null ? [] : [previous])), localUrl };
}

function checkSecrets(env: Environment): void {
  const current = env.get("WEBHOOK_SECRET");
  for (const name of ["WEBHOOK_SECRET", "WEBHOOK_SECRET_PREVIOUS"] as const) {
    const value = env.get(name);
    const other = OTHER_SECRETS.find((each) => value !== undefined && env.get(each) === value);
    if (other !== undefined) env.problem(name, `must differ from ${other}`);
  }
  if (current === undefined) return;
  if (env.get("WEBHOOK_SECRET_PREVIOUS") === current)
    env.problem("WEBHOOK_SECRET_PREVIOUS", "must differ from WEBHOOK_SECRET");
  if (current.length < SHORT)
    env.note(
      "WEBHOOK_SECRET",
      `has fewer than ${SHORT} characters: anyone who guesses it can send false events; ${REMEDY}`,
    );
}

/** The problem if a reload would turn webhooks on or off; null otherwise. */
export function webhooksSwitched(before: WebhookKeys | null, next: WebhookKeys | null): string | null {
  if ((before === null) === (next === null)) return null;
  const change = next === null ? "removed" : "added";
  return `WEBHOOK_SECRET: cannot be ${change} while the server runs; restart it`;
}

function secret(value: string): KeyObject {
  if (value.length <= MAX_SECRET) return createSecretKey(value, "utf8");
  throw new Error(`must have at most ${MAX_SECRET} characters, as the platform allows; ${REMEDY}`);
}

/** A URL that may be `http:` on any host, because events are signed and the local platform's have no real data. */
function eventUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  const isPlain = url && !url.username && !url.password && !value.includes("#");
  if (isPlain && /^https?:$/.test(url.protocol)) return url.href;
  throw new Error("must be an http: or https: URL without credentials or fragment");
}
