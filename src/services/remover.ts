import { setTimeout as after } from "node:timers/promises";
import { connectionIdOf, LeaveReason } from "../domain/participant.ts";
import type { Removal } from "../domain/removal.ts";
import { PlatformUnavailable } from "../errors.ts";
import { NotInSession, type Platform } from "../platform/platform.ts";
import type { Removals } from "../store/store.ts";
import { type Background, repeatedly } from "./repeatedly.ts";

/** The time between two looks for removals, in milliseconds. */
const LOOK_EVERY = 1000;
/** The most removals of one look, so that replicas share a long list. */
const PER_LOOK = 10;
/** How long other replicas leave a taken removal alone, in milliseconds. A second call to the platform does no harm. */
const TAKEN_FOR = 2000;
/** The most calls to the platform at a time. */
const AT_ONCE = 50;
/** The delay after the first failure, and the longest delay, in milliseconds. */
const BACKOFF = { first: 250, longest: 30_000 };
/** The time between two counts of removals, in milliseconds. */
const COUNT_EVERY = 10_000;
/** The time without a failure after which removals count as working again, in milliseconds. It exceeds the longest delay. */
const QUIET = 60_000;
/** How long a command waits for a server to remove a participant, and between two looks, in milliseconds. */
const WAIT = { longest: 10_000, between: 250 };
/** The longest wait for calls to the platform when the server stops, in milliseconds. */
const STOP_WITHIN = 2000;

/** Receives the outcomes of removals. */
export interface RemoverListener {
  /** Called for each removal that the platform confirmed, and for each failed attempt with its cause. */
  onAttempt(reason: string, failure: unknown): void;
  /** Called now and then with the number of removals that the platform has not confirmed. */
  onCounted(pending: number): void;
  /** Called with the cause when attempts begin to fail, and with null when none has failed for a minute. */
  onChange(cause: unknown): void;
}

/** The dependencies of `Remover`. */
export interface RemoverParts {
  readonly removals: Removals;
  readonly platform: Pick<Platform, "disconnect">;
  readonly now: () => Date;
  readonly listener: RemoverListener;
  /** Called when participants have left, so that subscribers hear of it. */
  readonly onRemoved: () => void;
  /** Whether this process can ask the platform. A command cannot reach the rooms of a local server, whose remover acts instead. */
  readonly canAsk: boolean;
}

/** Disconnects the participants that must leave, until the platform confirms. */
export class Remover {
  readonly #parts: RemoverParts;
  /** The calls to the platform, by participant. */
  readonly #calls = new Map<string, Promise<void>>();
  #isRunning = false;
  #isLooking = false;
  /** Whether to look again at once. */
  #isWoken = false;
  /** When an attempt failed last, in epoch milliseconds; null if `onChange` told of no failure. */
  #failedAt: number | null = null;

  constructor(parts: RemoverParts) {
    this.#parts = parts;
  }

  /** Looks for removals from now on, each second and when woken. */
  begin(): Background {
    const { removals, listener } = this.#parts;
    this.#isRunning = true;
    const looks = repeatedly(LOOK_EVERY, () => this.#look());
    const counts = repeatedly(COUNT_EVERY, async () => {
      // The next look tells of a database that does not answer.
      await removals.count().then(listener.onCounted, () => {});
    });
    return {
      stop: async () => {
        this.#isRunning = false;
        await Promise.all([looks.stop(), counts.stop()]);
        const calls = Promise.allSettled(this.#calls.values());
        await Promise.race([calls, after(STOP_WITHIN, undefined, { ref: false })]);
      },
    };
  }

  /** Looks for removals at once, because some may be due. Only after `begin`. */
  wake(): void {
    if (this.#isRunning) void this.#look();
  }

  /**
   * Tries the removal of one participant now. Resolves when the platform has confirmed it, or if nothing is to be removed.
   *
   * @throws the platform's error
   */
  async attempt(participantId: string): Promise<void> {
    const { removals, canAsk } = this.#parts;
    if (!canAsk) return this.#awaitOther(participantId);
    const [removal] = await removals.take(1, TAKEN_FOR, participantId);
    if (removal) await this.#remove(removal);
  }

  async #look(): Promise<void> {
    this.#isWoken = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      while (this.#isWoken && this.#isRunning && this.#calls.size <= AT_ONCE - PER_LOOK) {
        this.#isWoken = false;
        const taken = await this.#parts.removals.take(PER_LOOK, TAKEN_FOR);
        this.#isWoken ||= taken.length === PER_LOOK;
        for (const removal of taken) void this.#remove(removal).catch(() => {});
      }
      if (this.#failedAt !== null && this.#parts.now().getTime() - this.#failedAt >= QUIET) {
        this.#failedAt = null;
        this.#parts.listener.onChange(null);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isLooking = false;
    }
  }

  /** One call at a time for each participant. @throws why the platform or the database did not confirm */
  #remove(removal: Removal): Promise<void> {
    const { participantId } = removal;
    const under = this.#calls.get(participantId);
    if (under) return under;
    const call = this.#call(removal).finally(() => {
      this.#calls.delete(participantId);
      if (this.#isWoken) this.wake();
    });
    this.#calls.set(participantId, call);
    return call;
  }

  async #call(removal: Removal): Promise<void> {
    const { removals, listener, onRemoved, now } = this.#parts;
    // Before the call, so that it is not later than the platform's event, which would change it again.
    const at = now().getTime();
    try {
      const reason = await this.#disconnect(removal);
      await removals.confirm(removal, { at, reason });
    } catch (error) {
      listener.onAttempt(removal.reason, error);
      this.#fail(error);
      const delay = backoff(removal.attempts);
      // If this fails too, the removal is due again when it is no longer taken.
      await removals.postpone(removal, delay).catch(() => {});
      if (delay < LOOK_EVERY) setTimeout(() => this.wake(), delay).unref();
      throw error;
    }
    listener.onAttempt(removal.reason, null);
    onRemoved();
  }

  /** @returns why the participant has left, as far as the answer says */
  async #disconnect({ sessionId, participantId }: Removal): Promise<LeaveReason> {
    const { platform, now } = this.#parts;
    try {
      await platform.disconnect(sessionId, connectionIdOf(participantId), now());
      return LeaveReason.FORCE_DISCONNECTED;
    } catch (error) {
      if (error instanceof NotInSession) return LeaveReason.UNKNOWN;
      throw error;
    }
  }

  /** Waits until the remover of a server has removed the participant. */
  async #awaitOther(participantId: string): Promise<void> {
    const end = performance.now() + WAIT.longest;
    while (performance.now() < end) {
      // Taken for no time, because the server must take it.
      const left = await this.#parts.removals.take(1, 0, participantId);
      if (left.length === 0) return;
      await after(WAIT.between);
    }
    throw new PlatformUnavailable(
      `No server removed the participant within ${WAIT.longest / 1000} seconds`,
      true,
    );
  }

  #fail(error: unknown): void {
    if (this.#failedAt === null) this.#parts.listener.onChange(error);
    this.#failedAt = this.#parts.now().getTime();
  }
}

/** The delay after a failed attempt, in milliseconds, with jitter. */
function backoff(failed: number): number {
  const longest = Math.min(BACKOFF.first * 2 ** failed, BACKOFF.longest);
  return longest * (0.5 + Math.random() / 2);
}
