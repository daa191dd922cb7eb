/**
 * Runs the work of each caller one item at a time, and the work of different callers concurrently. This limits the memory that one
 * caller's work needs.
 */
export class OneByOne {
  /** By caller ID; only of callers that wait. None of them rejects. */
  readonly #last = new Map<string, Promise<void>>();

  /** @throws any error of the work */
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
