/**
 * Does the work of each caller one after the other, and that of different callers at once. So what a caller's work holds in memory
 * does not grow with how much of it is asked for.
 */
export class OneByOne {
  /** By the callers' IDs; of those alone who wait. None of them rejects. */
  readonly #last = new Map<string, Promise<void>>();

  /** @throws whatever the work throws */
  async do<T>(callerId: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#last.get(callerId) ?? Promise.resolve()).then(work);
    const over = result.then(
      () => {},
      () => {},
    );
    this.#last.set(callerId, over);
    try {
      return await result;
    } finally {
      if (this.#last.get(callerId) === over) this.#last.delete(callerId);
    }
  }
}
