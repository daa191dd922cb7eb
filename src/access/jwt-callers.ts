import { LRUCache } from "lru-cache";
import { Unauthenticated } from "../errors.ts";
import { verifyJwt } from "./bearer-jwt.ts";
import { asNew, type Caller, callerWith } from "./caller.ts";
import { type Jwks, jwksKeys } from "./jwks.ts";
import { type JwtRules, LEEWAY } from "./jwt-checks.ts";

/** For whom the event loop works where no caller is known yet: strangers together have the share of one caller. */
export const STRANGERS = "strangers";

/** How long what was found out of a credential is believed, in milliseconds. */
export const BELIEVED = 2000;
/** How many credentials of a kind are known at a time. */
export const KNOWN = 1000;

/** Receives what an operator should know about callers. */
export interface CallerListener {
  /** A caller's credential is valid and has claims that cannot be read. */
  onUnreadable(caller: Caller): void;
  /** A JWT was refused, perhaps because the configuration is wrong; `why` quotes a stranger's text. */
  onMisfit(why: string): void;
}

export const NO_LISTENER: CallerListener = { onUnreadable() {}, onMisfit() {} };

interface Verified {
  readonly caller: Caller;
  readonly end: number;
  readonly believedUntil: number;
}

/** What belongs to one set of rules. */
interface State {
  readonly rules: JwtRules;
  readonly jwks: Jwks | null;
  /** A back end sends the same JWT with each of its requests, and to verify it takes longer than to sign a token. */
  readonly verified: LRUCache<string, Verified>;
}

/**
 * Callers by their JWTs.
 *
 * @param rules null where none are accepted
 * @param turn is awaited before a JWT is verified, with the ID of the caller whom it named before, or of strangers
 */
export function jwtCallers(
  rules: JwtRules | null,
  now: () => Date,
  turn: (callerId: string) => Promise<void>,
  listener: CallerListener,
  fetch: typeof globalThis.fetch,
) {
  let state = rules && stateOf(rules, fetch);

  /** @throws {Unauthenticated} when the JWT is not accepted */
  const callerOf = async (token: string): Promise<Caller> => {
    if (!state) throw new Unauthenticated("This server accepts API keys, and no other bearer tokens");
    const instant = now();
    const known = state.verified.get(token);
    const isBelieved = known && performance.now() < known.believedUntil;
    if (isBelieved && instant.getTime() < known.end) return asNew(known.caller);
    await turn(known?.caller.id ?? STRANGERS);
    // Others may be believed in meanwhile, and what was found by these rules is not kept for the next.
    const { rules, jwks, verified } = state;
    const claims = await verifyJwt(token, rules, jwks, instant);
    const subject = claims.sub ?? "";
    const caller = callerWith(`jwt:${JSON.stringify([claims.iss, subject])}`, subject, claims, rules.claims);
    if (caller.problems.length > 0) listener.onUnreadable(caller);
    const believedUntil = performance.now() + BELIEVED;
    verified.set(token, { caller, end: (claims.exp + LEEWAY) * 1000, believedUntil });
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
     * Rejects while no JWT can be verified, because all need keys of a provider that does not answer.
     *
     * @throws {AuthenticationUnavailable}
     */
    async check(): Promise<void> {
      if (!state?.rules.secret) await state?.jwks?.check();
    },

    /**
     * Verifies by other rules from now on, also JWTs that were found genuine. Whether there are any stays as it is.
     *
     * @returns whether they are others than before
     */
    rotate(next: JwtRules | null): boolean {
      if (!state || !next || areSame(state.rules, next)) return false;
      state = stateOf(next, fetch, state);
      return true;
    },
  };
}

/** The keys of the same provider need not be asked for again. */
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
