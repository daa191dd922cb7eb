import type { KeyObject } from "node:crypto";
import type { JwtPayload } from "jsonwebtoken";
import { AuthenticationUnavailable, Unauthenticated } from "../errors.ts";
import { keysFor, readJwt, secondsOf, type UnverifiedJwt, verifySignature } from "./bearer-jwt.ts";
import { type ClaimNames, type Claims, claimNamed, readClaims } from "./claims.ts";
import { isObject } from "./json.ts";
import type { KeyOf } from "./jwks.ts";
import { CLAIM_CHECKS, type JwtRules } from "./jwt-checks.ts";

/** The result of one check of a JWT, or one permission that it grants. */
export interface Step {
  /** The check, such as `signature` or the name of a claim. */
  readonly what: string;
  readonly ok: boolean;
  /** The explanation, without the token, its signature or a secret. */
  readonly says: string;
}

/**
 * Runs the server's checks of a JWT one by one. It continues after a failed check, even of the signature. Never rejects.
 *
 * @param jwks the keys at `rules.jwksUri`
 */
export async function explainJwt(
  token: string,
  rules: JwtRules,
  jwks: KeyOf | null,
  now: Date,
): Promise<readonly Step[]> {
  const jwt = attempt(() => readJwt(token));
  if (jwt instanceof Error) return [{ what: "header", ok: false, says: reasonOf(jwt) }];
  const { alg, kid } = jwt;
  const header = {
    what: "header",
    ok: true,
    says: `alg ${alg}, ${kid === undefined ? "no kid" : "with a kid"}`,
  };
  const steps = [header, ...(await signatureSteps(token, jwt, rules, jwks))];
  const { payload } = jwt;
  if (!isObject(payload)) return [...steps, { what: "payload", ok: false, says: "is not an object" }];
  return [...steps, ...claimSteps(payload, rules, now), ...permissionSteps(payload, rules.claims)];
}

async function signatureSteps(
  token: string,
  jwt: UnverifiedJwt,
  rules: JwtRules,
  jwks: KeyOf | null,
): Promise<Step[]> {
  let keys: KeyObject[];
  try {
    keys = await keysFor(jwt, rules, jwks);
  } catch (error) {
    return [{ what: "key", ok: false, says: reasonOf(error) }];
  }
  const found = {
    what: "key",
    ok: true,
    says: `is from ${jwt.alg.startsWith("HS") ? "AUTH_JWT_SECRET" : "AUTH_JWKS_URI"}`,
  };
  const by = keys.findIndex(
    (key) => !(attempt(() => verifySignature(token, jwt.alg, [key])) instanceof Error),
  );
  const says = by === 0 ? "is valid" : "is valid with AUTH_JWT_SECRET_PREVIOUS";
  if (by >= 0) return [found, { what: "signature", ok: true, says }];
  const failure = attempt(() => verifySignature(token, jwt.alg, keys));
  return [found, { what: "signature", ok: false, says: reasonOf(failure) }];
}

function claimSteps(payload: JwtPayload, rules: JwtRules, now: Date): Step[] {
  return CLAIM_CHECKS.map((check) => {
    const misfit = check.misfit(payload, rules, secondsOf(now));
    if (misfit) return { what: check.what, ok: false, says: misfit.forOperator ?? misfit.reason };
    return { what: check.what, ok: true, says: check.says(payload, rules) };
  });
}

/** The permissions that claims grant. It fails if they grant no scope, or if the grant is missing. */
export function permissionSteps(claims: Claims, claimNames: ClaimNames): Step[] {
  const { scopes, permissions, problems } = readClaims(claims, claimNames);
  const { scopes: names, grant } = claimNames;
  const present = names.filter((name) => claimNamed(claims, name) !== undefined);
  const given = [...scopes].join(" ") || "none of this server's";
  const scope: Step = {
    what: "scopes",
    ok: scopes.size > 0,
    says:
      present.length === 0
        ? `none: no claim named ${names.join(", ")}`
        : `${given}, from ${present.join(", ")}`,
  };
  const failed = problems.map(({ member, says }): Step => ({ what: member, ok: false, says }));
  if (problems.some(({ member }) => member !== "scope")) return [scope, ...failed];
  if (claimNamed(claims, grant) === undefined) {
    return [scope, ...failed, { what: "grant", ok: false, says: `the claim ${grant} is missing` }];
  }
  const { roles, sessions, maxLifetime } = permissions;
  const some = (number: number) => (number === 0 ? "none" : String(number));
  return [
    scope,
    ...failed,
    { what: "roles", ok: roles.size > 0, says: [...roles].join(", ") || "none" },
    { what: "sessions", ok: true, says: sessions.all ? "all" : some(sessions.ids.size) },
    { what: "names", ok: true, says: some(sessions.names.size + sessions.namePrefixes.length) },
    {
      what: "maxLifetime",
      ok: true,
      says: maxLifetime === null ? "the platform's limit" : `${maxLifetime} seconds`,
    },
  ];
}

function attempt<T>(act: () => T): T | Error {
  try {
    return act();
  } catch (error) {
    return error as Error;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AuthenticationUnavailable)
    return `the keys at AUTH_JWKS_URI cannot be read: ${error.reason}`;
  if (error instanceof Unauthenticated) return error.forOperator ?? error.message.replace(/^[^:]*: /, "");
  return "it cannot be read";
}
