import type { Participant } from "../domain/participant.ts";

/** The most participants that wait for a slow subscriber. */
export const MAX_WAITING = 1000;

type Result = IteratorResult<Participant, undefined>;

/** The changed participants of one subscription. For a slow subscriber, only the latest state of each participant waits. */
export class Changes implements AsyncIterableIterator<Participant, undefined> {
  readonly #waiting = new Map<string, Participant>();
  readonly #onOverflow: () => void;
  readonly #onEnd: () => void;
  #take: ((result: Result) => void) | null = null;
  #isOver = false;

  constructor(onOverflow: () => void, onEnd: () => void) {
    this.#onOverflow = onOverflow;
    this.#onEnd = onEnd;
  }

  /** Passes a participant on, or keeps it until it is taken. */
  add(participant: Participant): void {
    if (this.#isOver) return;
    if (this.#take) {
      this.#take({ value: participant, done: false });
      this.#take = null;
      return;
    }
    // The latest state goes to the end, so that the order is that of the changes.
    this.#waiting.delete(participant.id);
    this.#waiting.set(participant.id, participant);
    if (this.#waiting.size <= MAX_WAITING) return;
    this.#end();
    this.#onOverflow();
  }

  /** The next change. Only one call may wait. */
  next(): Promise<Result> {
    const [first] = this.#waiting;
    if (first) {
      this.#waiting.delete(first[0]);
      return Promise.resolve({ value: first[1], done: false });
    }
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#take = resolve;
    });
  }

  /** Takes at most `most` changes that wait, without waiting for others. */
  takeWaiting(most: number): Participant[] {
    const taken = [...this.#waiting.values()].slice(0, most);
    for (const { id } of taken) this.#waiting.delete(id);
    return taken;
  }

  /** Ends the subscription, also while `next` waits. */
  return(): Promise<Result> {
    this.#end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting.clear();
    this.#take?.({ value: undefined, done: true });
    this.#take = null;
    this.#onEnd();
  }
}
