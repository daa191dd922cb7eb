import { createSecretKey, type KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { isIP } from "node:net";
import { type Advice, adviceOn, nearest, quote } from "../errors.ts";
import { isLoopbackHostname } from "../process/loopback.ts";
import { isServiceAddress } from "./service-link.ts";

/*
 * Parsers of single variables. Each returns the value, or throws the rule that the text breaks. The error shows the text only if it
 * cannot be a misplaced secret.
 */

/** One of the choices. */
export function choice<const T extends string>(...choices: T[]) {
  return (value: string): T => {
    const chosen = choices.find((choice) => choice === value);
    if (chosen !== undefined) return chosen;
    const meant = meantBy(value, choices);
    const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
    throw new Error(`must be one of ${choices.join(", ")}; ${quote(value)} was given${hint}`);
  };
}

/** The choice that a value probably means: it is a synonym, an abbreviation or a misspelling. */
function meantBy(value: string, choices: readonly string[]): string | undefined {
  const text = value.toLowerCase();
  const word = adviceOn(text, SWITCHES) ?? text;
  const longer = choices.find(
    (choice) => word.length >= 3 && (choice.startsWith(word) || word.startsWith(choice)),
  );
  return longer ?? nearest(word, choices);
}

const SWITCHES: Advice = [
  [/^(true|1|yes|enabled?)$/, "on"],
  [/^(false|0|no|disabled?|none)$/, "off"],
];

/** `on` or `off`. */
export function onOrOff(value: string): boolean {
  return choice("on", "off")(value) === "on";
}

/** A whole number. */
export function wholeNumber(min: number, max: number) {
  return (value: string): number => {
    const number = Number(value);
    if (/^\d{1,9}$/.test(value) && number >= min && number <= max) return number;
    throw new Error(`must be a whole number from ${min} to ${max}; ${quote(value)} was given`);
  };
}

/** A port to listen on; 0 lets the system choose. */
export function port(value: string): number {
  if (!isServiceAddress(value)) return wholeNumber(0, 65_535)(value);
  throw new Error(
    `must be a number; ${quote(value)} is the address that Kubernetes sets for a service of that name; set enableServiceLinks: false`,
  );
}

/** An address or host name to listen on. */
export function host(value: string): string {
  if (isIP(value) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(value)) return value;
  throw new Error(`must be an IP address or a host name; ${quote(value)} was given${hostMeant(value)}`);
}

function hostMeant(value: string): string {
  if (value === "*") return "; use 0.0.0.0 for all addresses";
  if (/^\[[\da-f:]+\]$/i.test(value)) return "; remove the brackets";
  return /^[\w.-]+:\d+$/.test(value) ? "; set the port in its own variable" : "";
}

/** Words that documentation and templates use in place of a secret. */
const PLACEHOLDER = /secret|change|your[_-]|example|placeholder|replace|insert|dummy|x{6}|\*\*\*|[<>{}]/i;
/** The fewest different characters of a secret, to refuse a repeated character. */
const MIN_DIFFERENT = 4;
/** A secret with this many different characters is random: 32 bytes in base64 have about 32, and can spell a word by chance. */
const RANDOM = 28;

/** Whether a secret is a placeholder. Hexadecimal cannot spell any of the words. */
function isPlaceholder(value: string): boolean {
  const different = new Set(value).size;
  return different < MIN_DIFFERENT || (different < RANDOM && PLACEHOLDER.test(value));
}

/** The fewest bytes of an HS256 secret, as many as its hash has (RFC 7518, section 3.2). */
const MIN_JWT_SECRET = 32;

/** The secret that signs callers' JWTs. */
export function jwtSecret(value: string): KeyObject {
  const remedy = "make one with: openssl rand -base64 32";
  if (Buffer.byteLength(value) < MIN_JWT_SECRET) {
    throw new Error(`must have at least ${MIN_JWT_SECRET} bytes; ${remedy}`);
  }
  // Public keys and JWTs are not secret: anyone who has one could sign as any caller.
  if (value.startsWith("-----BEGIN "))
    throw new Error(`is a key in PEM format, not a secret; use AUTH_JWKS_URI for public keys, or ${remedy}`);
  if (/^eyJ[\w-]+\.eyJ[\w-]+\./.test(value)) throw new Error(`is a JWT, not a signing secret; ${remedy}`);
  if (existsSync(value))
    throw new Error("is the path of a file; set the variable with the suffix _FILE to it");
  if (isPlaceholder(value)) throw new Error(`is a placeholder; ${remedy}`);
  return createSecretKey(value, "utf8");
}

/** The error does not show the value: if the two are swapped, it is the secret. */
export function apiKey(value: string): string {
  if (/^\d{5,20}$/.test(value)) return value;
  throw new Error("must be the OpenTok project's API key, 5 to 20 digits");
}

/** An OpenTok secret. The local platform accepts any text that is too long to guess. */
export function apiSecret(value: string): string {
  if (!/^[!#-&(-~]{32,}$/.test(value)) {
    throw new Error(
      "must be the OpenTok project's secret, at least 32 characters without white space or quotes",
    );
  }
  if (isPlaceholder(value)) {
    throw new Error("is a placeholder; set the secret of your OpenTok project");
  }
  return value;
}

/** In lower case, as in session IDs. */
export function applicationId(value: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return value.toLowerCase();
  throw new Error("must be the Vonage application's ID, a UUID such as 29f760f8-7ce1-46c9-ade3-f2dedee4ed5f");
}

/** The URL of an API, without a slash at the end. */
export function apiUrl(value: string): string {
  if (value.includes("?")) throw new Error("must not have a query");
  return safeUrl(value).replace(/\/+$/, "");
}

/** The URL of a trace collector. It can be `http:`, because traces have no secrets and many collectors are in the same cluster. */
export function collectorUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password) return url.href;
  throw new Error("must be an http: or https: URL without credentials");
}

/** A URL for secrets or keys: `https:`, `http:` on a loopback host, or any `http:` with `insecure`. */
export function safeUrl(value: string, insecure = false): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  const isPlain = url?.protocol === "http:" && (insecure || isLoopbackHostname(url.hostname));
  const safe = url?.protocol === "https:" || isPlain;
  if (url && safe && !url.username && !url.password && !value.includes("#")) return url.href;
  throw new Error("must be an https: URL without credentials or fragment; http: works only on this machine");
}
