import { LRUCache } from "lru-cache";
import { Unauthenticated } from "../errors.ts";
import { verifyJwt } from "./bearer-jwt.ts";
import { asNew, type Caller, callerWith } from "./caller.ts";
import { type Jwks, jwksKeys } from "./jwks.ts";
import { type JwtRules, LEEWAY } from "./jwt-checks.ts";

/** The caller ID of unauthenticated requests: together they have one caller's share of the event loop. */
export const STRANGERS = "strangers";

/** How long the result for a credential is cached, in milliseconds. */
export const BELIEVED = 2000;
/** The most cached credentials of each kind. */
export const KNOWN = 1000;

/** Receives events about callers for the operator. */
export interface CallerListener {
  /** A valid credential has invalid claims. */
  onUnreadable(caller: Caller): void;
  /** A JWT was refused, perhaps because of the configuration; `why` quotes untrusted text. */
  onMisfit(why: string): void;
}

export const NO_LISTENER: CallerListener = { onUnreadable() {}, onMisfit() {} };

interface Verified {
  readonly caller: Caller;
  readonly end: number;
  readonly believedUntil: number;
}

/** The state that belongs to one set of rules. */
interface State {
  readonly rules: JwtRules;
  readonly jwks: Jwks | null;
  /** Verified JWTs. A back end sends the same JWT often, and verifying it takes longer than signing a token. */
  readonly verified: LRUCache<string, Verified>;
}

/**
 * Authenticates callers by JWTs.
 *
 * @param rules null if JWTs are disabled
 * @param turn is awaited before each verification, for the known caller or for `STRANGERS`
 */
export function jwtCallers(
  rules: JwtRules | null,
  now: () => Date,
  turn: (callerId: string) => Promise<void>,
  listener: CallerListener,
  fetch: typeof globalThis.fetch,
) {
  let state = rules && stateOf(rules, fetch);

  /** @throws {Unauthenticated} if the JWT is refused */
  const callerOf = async (token: string): Promise<Caller> => {
    if (!state) throw new Unauthenticated("This server accepts only API keys; JWTs are not configured");
    const instant = now();
    const known = state.verified.get(token);
    const isBelieved = known && performance.now() < known.believedUntil;
    if (isBelieved && instant.getTime() < known.end) return asNew(known.caller);
    await turn(known?.caller.id ?? STRANGERS);
    // `rotate` may replace the state meanwhile. This result then stays in the old cache.
    const { rules, jwks, verified } = state;
    const claims = await verifyJwt(token, rules, jwks, instant);
    const subject = claims.sub ?? "";
    const id = `jwt:${JSON.stringify([claims.iss, subject])}`;
    const end = (claims.exp + LEEWAY) * 1000;
    const caller = { ...callerWith(id, subject, claims, rules.claims), expiresAt: end };
    if (caller.problems.length > 0) listener.onUnreadable(caller);
    const believedUntil = performance.now() + BELIEVED;
    verified.set(token, { caller, end, believedUntil });
    return asNew(caller);
  };

  return {
    async callerOf(token: string): Promise<Caller> {
      try {
        return await callerOf(token);
      } catch (error) {
        if (error instanceof Unauthenticated && error.forOperator !== null)
          listener.onMisfit(error.forOperator);
        throw error;
      }
    },

    /**
     * Rejects while no JWT can be verified, because all need the keys of a provider that does not answer.
     *
     * @throws {AuthenticationUnavailable}
     */
    async check(): Promise<void> {
      if (!state?.rules.secret) await state?.jwks?.check();
    },

    /**
     * Replaces the rules, and verifies every JWT anew. It cannot start or stop the acceptance of JWTs.
     *
     * @returns whether the rules changed
     */
    rotate(next: JwtRules | null): boolean {
      if (!state || !next || areSame(state.rules, next)) return false;
      state = stateOf(next, fetch, state);
      return true;
    },
  };
}

/** Keeps the key set if the provider is the same. */
function stateOf(rules: JwtRules, fetch: typeof globalThis.fetch, before?: State): State {
  const { jwksUri } = rules;
  const isSame = before && before.rules.jwksUri === jwksUri;
  const jwks = isSame ? before.jwks : jwksUri === null ? null : jwksKeys(jwksUri, fetch);
  return { rules, jwks, verified: new LRUCache({ max: KNOWN }) };
}

function areSame(one: JwtRules, other: JwtRules): boolean {
  const { secret, previousSecret, ...plain } = one;
  const { secret: otherSecret, previousSecret: otherPrevious, ...otherPlain } = other;
  const isSameKey = (a: JwtRules["secret"], b: JwtRules["secret"]) => (a && b ? a.equals(b) : a === b);
  return (
    isSameKey(secret, otherSecret) &&
    isSameKey(previousSecret, otherPrevious) &&
    JSON.stringify(plain) === JSON.stringify(otherPlain)
  );
}
