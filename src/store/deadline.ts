/** The limit for the database work of one request, in milliseconds. After it, the request fails. */
export const PATIENCE = 2000;

/** A limit on the total time of some work with any number of steps. */
export class Deadline {
  readonly #end: number;

  /** @param patience in milliseconds from now; null for no limit */
  constructor(patience: number | null) {
    this.#end = patience === null ? Number.POSITIVE_INFINITY : performance.now() + patience;
  }

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** The time left, in milliseconds, at least 1. */
  get left(): number {
    return Math.max(1, this.#end - performance.now());
  }

  /** The result of `work`, or a rejection at the deadline. The work itself continues. */
  async within<T>(work: Promise<T>, onEnd: () => Error): Promise<T> {
    if (this.#end === Number.POSITIVE_INFINITY) return work;
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(onEnd()), this.left);
    });
    try {
      return await Promise.race([work, end]);
    } finally {
      clearTimeout(timer);
    }
  }
}
