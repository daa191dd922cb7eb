import { Unauthenticated } from "../errors.ts";
import type { ApiKeys } from "../store/store.ts";
import type { Authenticate } from "./authenticate.ts";
import { type Caller, isLocal, keyIdOf } from "./caller.ts";
import type { Credentials } from "./credential.ts";

/** The time between two checks, in milliseconds. */
const CHECK_EVERY = 1000;

/** A credential in use for longer than one request. */
export interface OpenCredential {
  readonly credentials: Credentials;
  /** Replaced when the credential is checked again. */
  caller: Caller;
  /** Called once when the credential is no longer valid. The reason never has a secret. */
  onEnd(reason: string): void;
}

/** The dependencies of `OpenCredentials`. */
export interface OpenCredentialsParts {
  readonly authenticate: Authenticate;
  readonly apiKeys: Pick<ApiKeys, "usable">;
  readonly now: () => Date;
}

/**
 * Ends credentials in use within a second of their expiry or revocation. While there are API keys among them, it needs one query a
 * second; while the database does not answer, they stay.
 */
export class OpenCredentials {
  readonly #parts: OpenCredentialsParts;
  readonly #held = new Set<OpenCredential>();
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;

  constructor(parts: OpenCredentialsParts) {
    this.#parts = parts;
  }

  hold(credential: OpenCredential): void {
    this.#held.add(credential);
    this.#timer ??= setInterval(() => this.#check(), CHECK_EVERY).unref();
  }

  release(credential: OpenCredential): void {
    this.#held.delete(credential);
    if (this.#held.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Authenticates every caller again, because the rules have changed. */
  async checkAll(): Promise<void> {
    await Promise.all([...this.#held].map((credential) => this.#authenticate(credential)));
  }

  async #check(): Promise<void> {
    const now = this.#parts.now().getTime();
    for (const credential of this.#held) {
      const { expiresAt } = credential.caller;
      if (expiresAt !== undefined && now >= expiresAt) this.#end(credential, "The JWT has expired");
    }
    // The database may still owe an answer.
    if (this.#isChecking) return;
    this.#isChecking = true;
    const byKey = new Map<string, OpenCredential[]>();
    const local: OpenCredential[] = [];
    for (const credential of this.#held) {
      const { caller } = credential;
      const id = keyIdOf(caller);
      if (id !== null) byKey.set(id, [...(byKey.get(id) ?? []), credential]);
      else if (isLocal(caller)) local.push(credential);
    }
    // The first API key closes a server that was open.
    await Promise.all([this.#checkKeys(byKey), ...local.map((credential) => this.#authenticate(credential))]);
    this.#isChecking = false;
  }

  async #checkKeys(byKey: ReadonlyMap<string, readonly OpenCredential[]>): Promise<void> {
    if (byKey.size === 0) return;
    let usable: ReadonlySet<string>;
    try {
      usable = new Set(await this.#parts.apiKeys.usable([...byKey.keys()]));
    } catch {
      return;
    }
    for (const [id, credentials] of byKey) {
      if (usable.has(id)) continue;
      for (const credential of credentials) this.#end(credential, "The API key was revoked or has expired");
    }
  }

  async #authenticate(credential: OpenCredential): Promise<void> {
    try {
      const { origin } = credential.caller;
      credential.caller = {
        ...(await this.#parts.authenticate(credential.credentials)),
        ...(origin && { origin }),
      };
    } catch (error) {
      // Without an answer of the identity provider or the database, the last one counts.
      if (error instanceof Unauthenticated) this.#end(credential, error.message);
    }
  }

  #end(credential: OpenCredential, reason: string): void {
    if (!this.#held.has(credential)) return;
    this.release(credential);
    credential.onEnd(reason);
  }
}
