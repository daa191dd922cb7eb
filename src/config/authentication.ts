import type { ClaimNames } from "../access/claims.ts";
import type { JwtRules } from "../access/jwt-checks.ts";
import type { Environment } from "./environment.ts";
import { jwtSecret, onOrOff, safeUrl } from "./variables.ts";

const OTHER_SECRET = "must differ from the OpenTok project's secret";

/** The secrets of callers' JWTs, by their variables. */
const SECRETS = { AUTH_JWT_SECRET: "secret", AUTH_JWT_SECRET_PREVIOUS: "previousSecret" } as const;

/** Variables that need `AUTH_JWT_SECRET` or `AUTH_JWKS_URI`. */
const NEEDS_KEYS = [
  "AUTH_JWT_ISSUER",
  "AUTH_JWT_AUDIENCE",
  "AUTH_JWT_CLIENT_ID",
  "AUTH_SCOPE_CLAIM",
  "AUTH_SCOPE_PREFIX",
  "AUTH_GRANT_CLAIM",
] as const;

/** How callers' JWTs are verified and read; null if JWTs are not accepted. */
export function jwtRulesOf(env: Environment): JwtRules | null {
  const secret = env.read("AUTH_JWT_SECRET", jwtSecret);
  const previousSecret = env.read("AUTH_JWT_SECRET_PREVIOUS", jwtSecret);
  const insecure = env.read("AUTH_JWKS_INSECURE", onOrOff);
  const jwksUri = env.read("AUTH_JWKS_URI", (value) => jwksUrl(value, insecure));
  const rules: JwtRules = {
    secret,
    previousSecret,
    jwksUri,
    issuers: env.read("AUTH_JWT_ISSUER", issuers, []),
    audiences: env.read("AUTH_JWT_AUDIENCE", list, []),
    clientIds: env.read("AUTH_JWT_CLIENT_ID", list, []),
    claims: claimNamesOf(env),
  };
  const isVerified = env.has("AUTH_JWT_SECRET") || env.has("AUTH_JWKS_URI");
  for (const name of NEEDS_KEYS) {
    if (isVerified || !env.has(name)) continue;
    env.problem(name, "has no effect without AUTH_JWT_SECRET or AUTH_JWKS_URI; set one of them");
  }
  env.require("AUTH_JWKS_URI", "AUTH_JWKS_INSECURE=on");
  checkSecrets(env);
  noteRisks(env, rules);
  return secret || jwksUri ? rules : null;
}

function checkSecrets(env: Environment): void {
  const ofProject = [env.get("OPENTOK_API_SECRET"), env.get("OPENTOK_API_SECRET_PREVIOUS")];
  for (const name of Object.keys(SECRETS) as (keyof typeof SECRETS)[]) {
    const value = env.get(name);
    if (value !== undefined && ofProject.includes(value)) env.problem(name, OTHER_SECRET);
  }
  env.require("AUTH_JWT_SECRET", "AUTH_JWT_SECRET_PREVIOUS");
  const previous = env.get("AUTH_JWT_SECRET_PREVIOUS");
  if (previous !== undefined && previous === env.get("AUTH_JWT_SECRET"))
    env.problem("AUTH_JWT_SECRET_PREVIOUS", "must differ from AUTH_JWT_SECRET");
}

/**
 * The problems of JWT secrets that are also the project's: a connection token would be a caller's credential.
 *
 * @param isOfProject whether a secret is the project's current or previous one
 */
export function sameSecrets(
  rules: JwtRules | null,
  isOfProject: (secret: NonNullable<JwtRules["secret"]>) => boolean,
): string[] {
  return Object.entries(SECRETS).flatMap(([variable, member]) => {
    const secret = rules?.[member];
    return secret && isOfProject(secret) ? [`${variable}: ${OTHER_SECRET}`] : [];
  });
}

/** The problem if a reload would turn JWTs on or off; null otherwise. */
export function switchedOnOrOff(before: JwtRules | null, next: JwtRules | null): string | null {
  if ((before === null) === (next === null)) return null;
  const what = next === null ? "off" : "on";
  return `AUTH_JWT_SECRET and AUTH_JWKS_URI: JWTs cannot be switched ${what} while the server runs; restart it`;
}

/** Warns of settings that may admit more callers than intended. */
function noteRisks(env: Environment, { jwksUri, issuers, audiences, clientIds }: JwtRules): void {
  if (jwksUri === null) return;
  const others = "is not set: the server accepts JWTs that the provider issued for other applications";
  if (issuers.length === 0) env.note("AUTH_JWT_ISSUER", others);
  if (audiences.length === 0 && clientIds.length === 0) env.note("AUTH_JWT_AUDIENCE", others);
  if (jwksUri.startsWith("http:") && env.has("AUTH_JWKS_INSECURE=on")) {
    env.note(
      "AUTH_JWKS_URI",
      "is an http: URL: anyone who can change its traffic can impersonate any caller",
    );
  }
}

function claimNamesOf(env: Environment): ClaimNames {
  return {
    scopes: env.read("AUTH_SCOPE_CLAIM", (value) => list(value).map(claimName)),
    scopePrefix: env.read("AUTH_SCOPE_PREFIX", scopePrefix, ""),
    grant: env.read("AUTH_GRANT_CLAIM", claimName),
  };
}

/** A comma-separated list. */
function list(value: string): string[] {
  const items = value.split(",").map((item) => item.trim());
  if (items.includes("")) throw new Error("must be a comma-separated list without empty values");
  if (!items.some((item) => /[\s;"'`[\]{}<>]/.test(item))) return items;
  throw new Error(
    "must be a comma-separated list; values cannot contain white space, semicolons, quotes or brackets",
  );
}

function issuers(value: string): string[] {
  const values = list(value);
  if (!values.some((issuer) => issuer.includes("/.well-known/"))) return values;
  throw new Error(
    "must be the iss claim of JWTs, not the URL of a document; remove /.well-known/ and the rest",
  );
}

function scopePrefix(value: string): string {
  if (/^\S+$/.test(value)) return value;
  throw new Error("must be the prefix of scope names, such as stagepass/, without white space");
}

/** Claims that users of Supabase, Auth0 and Clerk can change. */
const WRITTEN_BY_USERS = /^(user_metadata|unsafe_metadata)\b/;

function claimName(value: string): string {
  if (!/^[^\s,]+$/.test(value))
    throw new Error("must be the name of a claim or a dotted path to it, without white space");
  if (!WRITTEN_BY_USERS.test(value)) return value;
  throw new Error(
    "must not be in user_metadata or unsafe_metadata, which users can change; use app_metadata",
  );
}

/** @param insecure whether `http:` is allowed, for a private network */
function jwksUrl(value: string, insecure: boolean): string {
  try {
    return keySet(safeUrl(value, insecure));
  } catch (error) {
    // Throws if AUTH_JWKS_INSECURE would not help.
    keySet(safeUrl(value, true));
    throw new Error(`${(error as Error).message}; in a private network, AUTH_JWKS_INSECURE=on allows http:`);
  }
}

/** Refuses the URL of the provider's metadata, which is often mistaken for the keys. */
function keySet(url: string): string {
  if (!/\/\.well-known\/(openid-configuration|oauth-authorization-server)/.test(url)) return url;
  throw new Error("must be the URL of the keys, not of the provider's metadata; use its jwks_uri");
}
