/** What waits to be written together, with one outcome for all. */
interface Group<T> {
  readonly items: T[];
  readonly written: Promise<void>;
  /** Settles the outcome; only the first time counts. */
  settle(error?: unknown): void;
}

/**
 * Where several arrive at once, the next group gathers until so many turns of the event loop have brought nothing more, or
 * for so long after the one before began, in milliseconds. A commit costs as much as many items.
 */
const QUIET_TURNS = 2;
const LONGEST_GATHERING = 5;
/** A group that has so many items takes no more. What comes together stays together, so that one can have more of them. */
const MAX_GROUP = 500;

/**
 * Writes what arrives together in one go: while one group is written, the next one gathers, so that there are as many
 * commits as the disk can take, and never one for each item. What is handed over in one call is always in one group. A group
 * that is not written in time fails as a whole; it may still be written after all.
 *
 * @param write writes all of them durably, or none
 * @param patience how long an item waits at most, in milliseconds
 * @param late the error of what was not written in time
 */
export function groupCommit<T>(
  write: (items: readonly T[]) => Promise<void>,
  patience: number,
  late: () => Error,
): (items: readonly T[]) => Promise<void> {
  /** In the order in which they are written. */
  const waiting: Group<T>[] = [];
  let writing = false;

  /** Resolves when nothing more arrives, or at a time. */
  const gathered = async (end: number) => {
    let size = -1;
    for (let quiet = 0; quiet < QUIET_TURNS && performance.now() < end; ) {
      const sizeNow = waiting.reduce((sum, { items }) => sum + items.length, 0);
      quiet = sizeNow === size ? quiet + 1 : 0;
      size = sizeNow;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  const writeAll = async () => {
    if (writing) return;
    writing = true;
    for (let group = waiting.shift(); group; group = waiting.shift()) {
      const begin = performance.now();
      write(group.items).then(() => group.settle(), group.settle);
      // Not the write itself: after a deadline the next group does not wait for what hangs.
      await group.written.catch(() => {});
      if (group.items.length > 1) await gathered(begin + LONGEST_GATHERING);
    }
    writing = false;
  };

  const newGroup = (): Group<T> => {
    const { promise, resolve, reject } = deferred();
    const timer = setTimeout(() => group.settle(late()), patience);
    const group: Group<T> = {
      items: [],
      written: promise,
      settle(error) {
        clearTimeout(timer);
        if (error === undefined) resolve();
        else reject(error);
      },
    };
    waiting.push(group);
    // After what else arrives in this turn of the event loop.
    setImmediate(writeAll);
    return group;
  };

  return (items) => {
    if (items.length === 0) return Promise.resolve();
    const last = waiting.at(-1);
    const group = last && last.items.length < MAX_GROUP ? last : newGroup();
    group.items.push(...items);
    return group.written;
  };
}

function deferred() {
  let resolve = () => {};
  let reject = (_error: unknown) => {};
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
