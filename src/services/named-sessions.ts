import { setTimeout } from "node:timers/promises";
import type { Caller } from "../access/caller.ts";
import { checkNewSession } from "../access/policy.ts";
import {
  checkSameOptions,
  type Session,
  type SessionOptions,
  type SessionOptionsInput,
  sessionOptions,
} from "../domain/session.ts";
import { Forbidden, PlatformUnavailable, RateLimited } from "../errors.ts";
import { makeSession, type SessionParts } from "./make-session.ts";

/** How much longer than the platform's timeout a lease lasts, in milliseconds, for the database and a busy server. */
const LEASE_MARGIN = 5000;
/** The first and the longest pause between two checks of a name that another server holds, in milliseconds. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 250;

/** A request for the session of a name. */
export interface NamedSession {
  readonly name: string;
  /** The options that the session must have. Equal requests have them in the same order. */
  readonly given: SessionOptionsInput;
  /** The age above which a session is replaced, in seconds; null never replaces it. */
  readonly maxAge: number | null;
}

/** A request in progress on this server. */
interface Underway {
  /** The ID of the caller whose quota it uses. */
  readonly callerId: string;
  readonly found: Promise<Session>;
}

/** Finds or creates the one session of a name, for all callers of all replicas. */
export class NamedSessions {
  readonly #parts: SessionParts;
  /** The requests in progress. Equal requests on this server share one. */
  readonly #underway = new Map<string, Underway>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /**
   * The session that a name maps to. If it does not exist or is too old, the replica that gets the name's lease creates one. The
   * others wait, and take over when the lease ends.
   *
   * @throws {RateLimited} when the caller or the project exceeds its limit.
   * @throws {BadUserInput} naming the option that differs from the session's, or that needs another option.
   * @throws {PlatformRejected} or {PlatformUnavailable} when the session cannot be created.
   */
  async ensure(caller: Caller, asked: NamedSession): Promise<Session> {
    const key = JSON.stringify(asked);
    for (let other = this.#underway.get(key); other; other = this.#underway.get(key)) {
      try {
        return await other.found;
      } catch (error) {
        // The grant of another request does not apply to this one.
        if (error instanceof Forbidden) continue;
        // The limit of another caller does not apply to this one.
        if (!(error instanceof RateLimited) || other.callerId === caller.id) throw error;
      }
    }
    const found = this.#ensure(caller, asked).finally(() => this.#underway.delete(key));
    this.#underway.set(key, { callerId: caller.id, found });
    return found;
  }

  async #ensure(caller: Caller, asked: NamedSession): Promise<Session> {
    const { platform, names, quota, shares } = this.#parts;
    const { applicationId } = platform;
    const { name, given, maxAge } = asked;
    const duration = platform.timeout + LEASE_MARGIN;
    const query = <T>(ask: () => Promise<T>) => shares.query(caller.id, ask);
    const begin = performance.now();
    let isPaid = false;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      const { assigned, current, leased } = await query(() => names.find(applicationId, name));
      const waited = performance.now() - begin;
      // A replacement created since we began is young enough. Otherwise every waiting request would replace it again.
      if (current && (maxAge === null || current.age - waited <= maxAge * 1000)) {
        checkSameOptions(current.session, given);
        return current.session;
      }
      if (!leased) {
        const options = sessionOptions(given);
        checkNewSession(caller, options);
        // Before any write, so that a caller without quota causes no more work in the database.
        if (!isPaid) await quota.take(caller, 1);
        isPaid = true;
        const leaseId = await query(() => names.lease(applicationId, name, assigned, duration));
        const session = leaseId && (await this.#create(caller, name, options, leaseId));
        if (session) return session;
      }
      // Long enough for a replica that died, and for another that took over.
      if (waited > 2 * duration) {
        throw new PlatformUnavailable("The session of this name is still being created; try again", true);
      }
      await setTimeout(pause * (0.5 + Math.random()));
    }
  }

  /** Creates the session under a lease; null when the lease was lost, so that another replica may have created one. */
  async #create(
    caller: Caller,
    name: string,
    options: SessionOptions,
    leaseId: string,
  ): Promise<Session | null> {
    const { platform, names, shares } = this.#parts;
    const query = <T>(ask: () => Promise<T>) => shares.query(caller.id, ask);
    // If the release fails, the lease expires later.
    const release = () => query(() => names.release(platform.applicationId, name, leaseId)).catch(() => {});
    let session: Session;
    try {
      session = await makeSession(this.#parts, caller, name, options);
    } catch (error) {
      await release();
      throw error;
    }
    try {
      return (await query(() => names.assign(leaseId, { ...session, name }))) ? session : null;
    } catch (error) {
      // Not awaited, because the database has already taken its time.
      void release();
      throw error;
    }
  }
}
