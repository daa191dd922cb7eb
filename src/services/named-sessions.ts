import { setTimeout } from "node:timers/promises";
import type { Caller } from "../access/caller.ts";
import {
  checkSameOptions,
  type Session,
  type SessionOptions,
  type SessionOptionsInput,
  sessionOptions,
} from "../domain/session.ts";
import { PlatformUnavailable, RateLimited } from "../errors.ts";
import { makeSession, type SessionParts } from "./make-session.ts";

/** How much longer than the platform's deadline a lease lasts, in milliseconds: for the database, and a busy server. */
const LEASE_MARGIN = 5000;
/** How long to wait between two looks at a name that another server holds, in milliseconds: at first, and at most. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 250;

/** What is asked of a name. */
export interface NamedSession {
  readonly name: string;
  /** The options that the session must have; whoever asks for the same has them in the same order. */
  readonly given: SessionOptionsInput;
  /** A session that is older is replaced, in seconds; null leaves it however old it is. */
  readonly maxAge: number | null;
}

/** What this server is about for one name. */
interface Underway {
  /** The ID of the caller who pays for it. */
  readonly callerId: string;
  readonly found: Promise<Session>;
}

/** Finds or creates the one session of a name, together with whoever else asks, here or on other servers. */
export class NamedSessions {
  readonly #parts: SessionParts;
  /** What this server is about, so that all who ask for the same here are one to the others. */
  readonly #underway = new Map<string, Underway>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /**
   * The session that a name stands for. Where there is none, or it is too old, whoever gets the name's lease creates one;
   * the others wait for it, and take over when its lease ends.
   *
   * @throws {RateLimited} when the caller, or the project, asks for too many sessions
   * @throws {BadUserInput} naming the option in which the session differs, or whose need a new one does not meet
   * @throws {PlatformRejected} or {PlatformUnavailable} when it cannot be created
   */
  async ensure(caller: Caller, asked: NamedSession): Promise<Session> {
    const key = JSON.stringify(asked);
    for (let other = this.#underway.get(key); other; other = this.#underway.get(key)) {
      try {
        return await other.found;
      } catch (error) {
        // A limit that another caller has reached is none of this one's.
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
      // What has replaced the old one since we began is young enough, or every waiter would replace it once more.
      if (current && (maxAge === null || current.age - waited <= maxAge * 1000)) {
        checkSameOptions(current.session, given);
        return current.session;
      }
      if (!leased) {
        const options = sessionOptions(given);
        // Before anything is written: who has no quota left makes the database work no more.
        if (!isPaid) await quota.take(caller, 1);
        isPaid = true;
        const leaseId = await query(() => names.lease(applicationId, name, assigned, duration));
        const session = leaseId && (await this.#create(caller, name, options, leaseId));
        if (session) return session;
      }
      // Long enough for one who died, and for one who took over from it.
      if (waited > 2 * duration) {
        throw new PlatformUnavailable("The session of this name is still being created; ask again", true);
      }
      await setTimeout(pause * (0.5 + Math.random()));
    }
  }

  /** Creates the session under a lease; null when that was lost meanwhile, and another may have created one. */
  async #create(
    caller: Caller,
    name: string,
    options: SessionOptions,
    leaseId: string,
  ): Promise<Session | null> {
    const { platform, names, shares } = this.#parts;
    const query = <T>(ask: () => Promise<T>) => shares.query(caller.id, ask);
    // When it cannot be given back, it ends by itself, only later.
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
      // The database has taken its time already.
      void release();
      throw error;
    }
  }
}
