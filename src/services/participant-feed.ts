import type { Participant } from "../domain/participant.ts";
import type { Participants } from "../store/store.ts";
import { Changes } from "./changes.ts";

/** The time between two looks for changes while somebody is subscribed, in milliseconds. */
export const LOOK_EVERY = 250;
/** The most changes of one read. */
const PER_READ = 500;

/** The dependencies of `ParticipantFeed`. */
export interface FeedParts {
  readonly participants: Pick<Participants, "latestChange" | "changedAfter">;
  /** Called with the cause when reading begins to fail, and with null when it works again. */
  readonly onChange: (cause: unknown) => void;
  /** The time between two looks, in milliseconds. */
  readonly every?: number;
}

/** The reading of changes from the first subscription to the end of the last one. */
interface Run {
  /** The number of the last change that was read; null until the database says where to begin. */
  place: number | null;
  isReading: boolean;
  /** Whether to read again at once. */
  isWoken: boolean;
  timer?: NodeJS.Timeout;
}

/**
 * Reads the changes of participants, of all servers, while somebody is subscribed. While the database does not answer, it keeps its
 * place. It reads one batch at a time, and never queries when nobody is subscribed.
 */
export class ParticipantFeed {
  readonly #parts: FeedParts;
  readonly #subscribed = new Map<string, Set<Changes>>();
  #run: { readonly began: Promise<void>; readonly run: Run } | null = null;
  #isFailing = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  /**
   * The participants of a session that change from now on, each as it then is. Its `return` ends the subscription.
   *
   * @param onOverflow called once if too many wait to be taken; then the subscription has ended
   * @throws {DatabaseUnavailable} if the database does not say where to begin
   */
  async subscribe(sessionId: string, onOverflow: () => void): Promise<Changes> {
    const changes = new Changes(onOverflow, () => this.#remove(sessionId, changes));
    const others = this.#subscribed.get(sessionId) ?? new Set();
    this.#subscribed.set(sessionId, others.add(changes));
    this.#run ??= this.#begin();
    try {
      await this.#run.began;
    } catch (error) {
      await changes.return();
      throw error;
    }
    return changes;
  }

  /** Reads at once, because this server has changed participants. */
  wake(): void {
    if (!this.#run) return;
    const { run } = this.#run;
    run.isWoken = true;
    void this.#read(run);
  }

  #begin() {
    const run: Run = { place: null, isReading: false, isWoken: false };
    const began = this.#parts.participants.latestChange().then((latest) => {
      run.place = latest;
      void this.#read(run);
    });
    return { began, run };
  }

  #remove(sessionId: string, changes: Changes): void {
    const others = this.#subscribed.get(sessionId);
    others?.delete(changes);
    if (others?.size === 0) this.#subscribed.delete(sessionId);
    if (this.#subscribed.size > 0 || !this.#run) return;
    clearTimeout(this.#run.run.timer);
    this.#run = null;
  }

  /** Reads until there are no more changes, then waits. */
  async #read(run: Run): Promise<void> {
    if (run.isReading || run.place === null) return;
    run.isReading = true;
    clearTimeout(run.timer);
    try {
      do {
        run.isWoken = false;
        const read = await this.#parts.participants.changedAfter(run.place, PER_READ);
        for (const { change, participant } of read) {
          run.place = change;
          if (this.#run?.run === run) this.#deliver(participant);
        }
        if (read.length === PER_READ) run.isWoken = true;
        this.#note(null);
      } while (run.isWoken && this.#run?.run === run);
    } catch (error) {
      this.#note(error);
    }
    run.isReading = false;
    // Somebody may have subscribed after the last one left, which began another run.
    if (this.#run?.run !== run) return;
    run.timer = setTimeout(() => this.#read(run), this.#parts.every ?? LOOK_EVERY);
    run.timer.unref();
  }

  #deliver(participant: Participant): void {
    for (const changes of [...(this.#subscribed.get(participant.sessionId) ?? [])]) changes.add(participant);
  }

  #note(cause: unknown): void {
    if ((cause !== null) === this.#isFailing) return;
    this.#isFailing = cause !== null;
    this.#parts.onChange(cause);
  }
}
