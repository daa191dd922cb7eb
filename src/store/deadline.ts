/** How long the database may take for what one request needs, in milliseconds; then the request fails. */
export const PATIENCE = 2000;

/** How long something may take in all, however many steps it has. */
export class Deadline {
  readonly #end: number;

  /** @param patience in milliseconds from now; null waits for ever */
  constructor(patience: number | null) {
    this.#end = patience === null ? Number.POSITIVE_INFINITY : performance.now() + patience;
  }

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** What is left of it, in milliseconds, at least 1. */
  get left(): number {
    return Math.max(1, this.#end - performance.now());
  }

  /** What `work` resolves to, or a rejection at the deadline. The work itself goes on. */
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
