import { randomUUID } from "node:crypto";
import { TokenFormat } from "../domain/connection-token.ts";
import type { Grant } from "../domain/grant.ts";
import type { KeyRing } from "./key-ring.ts";
import { signOpenTokJwt } from "./opentok-jwt.ts";
import { signOpenTokT1 } from "./opentok-t1.ts";

const SIGNERS = { [TokenFormat.JWT]: signOpenTokJwt, [TokenFormat.T1]: signOpenTokT1 };

/** Turns grants into tokens. It signs whatever it is given: the limits are the domain's. */
export class SigningService {
  readonly #keyRing: KeyRing;

  constructor(keyRing: KeyRing) {
    this.#keyRing = keyRing;
  }

  /** The project that tokens are signed for: an OpenTok API key. */
  get applicationId(): string {
    return this.#keyRing.apiKey;
  }

  /** Signs the grant, with an identifier of its own from a cryptographic source. */
  sign(grant: Grant, format: TokenFormat): string {
    return SIGNERS[format](grant, randomUUID(), this.#keyRing);
  }
}
