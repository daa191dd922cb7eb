import type { KeyObject } from "node:crypto";
import { TokenFormat } from "../domain/connection-token.ts";
import type { Grant } from "../domain/grant.ts";
import {
  inspectClaims,
  invalid,
  type TokenClaims,
  type TokenInspection,
} from "../domain/token-inspection.ts";
import { BadUserInput } from "../errors.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { KeyRing, PlatformEnvironment } from "./key-ring.ts";
import { readOpenTokJwt, signOpenTokJwt } from "./opentok-jwt.ts";
import { readOpenTokT1, signOpenTokT1, T1_PREFIX } from "./opentok-t1.ts";
import { readVonageJwt, signVonageJwt } from "./vonage-jwt.ts";

/** A token format. `read` returns the claims of a genuine token, or why it is not genuine. */
interface Codec {
  sign(grant: Grant, id: string, keyRing: KeyRing): string | Promise<string>;
  read(token: string, keyRing: KeyRing): TokenClaims | string;
}

const CODECS: Record<PlatformEnvironment, Partial<Record<TokenFormat, Codec>>> = {
  opentok: {
    [TokenFormat.JWT]: { sign: signOpenTokJwt, read: readOpenTokJwt },
    [TokenFormat.T1]: { sign: signOpenTokT1, read: readOpenTokT1 },
  },
  vonage: {
    [TokenFormat.JWT]: { sign: signVonageJwt, read: readVonageJwt },
  },
};

/** Signs grants as tokens, and inspects tokens. */
export class SigningService {
  readonly #keyRing: KeyRing;
  /** The latest fingerprint, and what it is of. */
  #latest: { key: KeyObject; sessionId: string; data: string | null; fingerprint: string } | null = null;

  constructor(keyRing: KeyRing) {
    this.#keyRing = keyRing;
  }

  /** The project that tokens are signed for: an OpenTok API key or a Vonage application ID. */
  get applicationId(): string {
    return this.#keyRing.applicationId;
  }

  /** The token formats of the platform. */
  get formats(): readonly TokenFormat[] {
    return Object.keys(CODECS[this.#keyRing.environment]) as TokenFormat[];
  }

  /** @throws {BadUserInput} naming `format`, if the platform does not have this format */
  checkFormat(format: TokenFormat): void {
    this.#codecFor(format);
  }

  /**
   * Signs any grant; the domain checks the limits. Without a promise if the format needs none, because a batch has a thousand.
   *
   * @param id unguessable and unique; becomes the token's `jti` and `nonce`
   * @throws {BadUserInput} naming `format`, if the platform lacks it
   */
  sign(grant: Grant, id: string, format: TokenFormat): string | Promise<string> {
    return this.#codecFor(format).sign(grant, id, this.#keyRing);
  }

  /** The fingerprint of connection data in a session, for a record of the ledger. Null is no data. */
  fingerprint(sessionId: string, data: string | null): string {
    const [key] = this.#keyRing.fingerprintKeys;
    const latest = this.#latest;
    // The tokens of a batch often have no data, or the same.
    if (latest?.key === key && latest.sessionId === sessionId && latest.data === data)
      return latest.fingerprint;
    const fingerprint = fingerprintOf(key, sessionId, data);
    this.#latest = { key, sessionId, data, fingerprint };
    return fingerprint;
  }

  /** The fingerprints that records with this connection data may have: by the current credential, and by the previous one. */
  fingerprints(sessionId: string, data: string | null): string[] {
    return this.#keyRing.fingerprintKeys.map((key) => fingerprintOf(key, sessionId, data));
  }

  /** The grant of a token at `now`. A token is invalid unless its signature and all its claims are valid. */
  inspect(token: string, now: Date): TokenInspection {
    const format = token.startsWith(T1_PREFIX) ? TokenFormat.T1 : TokenFormat.JWT;
    const claims =
      this.#codec(format)?.read(token, this.#keyRing) ?? "it is a T1 token, and Vonage Unified has only JWTs";
    if (typeof claims === "string") return invalid(claims);
    return inspectClaims(claims, format, this.applicationId, now);
  }

  #codecFor(format: TokenFormat): Codec {
    const codec = this.#codec(format);
    if (codec) return codec;
    throw new BadUserInput("format", "format must be JWT: Vonage Unified has no T1 tokens");
  }

  #codec(format: TokenFormat): Codec | undefined {
    return CODECS[this.#keyRing.environment][format];
  }
}
