/** Items that are written together, with one outcome for all. */
interface Group<T, R> {
  readonly items: T[];
  readonly written: Promise<R>;
  /** Settle the outcome. Only the first call counts. */
  resolve(result: R): void;
  reject(error: unknown): void;
}

/** Under load, a group gathers until this many ticks of the event loop bring no item: fewer commits are cheaper. */
const QUIET_TURNS = 2;
/** How long it may gather after the previous write began, in milliseconds. */
const LONGEST_GATHERING = 5;
/** A group with this many items takes no more. It can exceed this, because the items of one call stay together. */
const MAX_GROUP = 500;

/**
 * Writes items in groups. While one group is written, the next one gathers. So the number of commits
 * depends on the speed of the disk, not on the number of items. The items of one call stay in one group. A group that is not written in time fails as a
 * whole, although it may still be written later.
 *
 * @param write writes all of the items durably, or none. Its result is that of each call with items in the group.
 * @param patience the longest wait of an item, in milliseconds.
 * @param late makes the error for items that are not written in time.
 * @param spacing the shortest time under load from one write to the next, in milliseconds, which leaves the disk to others.
 */
export function groupCommit<T, R = void>(
  write: (items: readonly T[]) => Promise<R>,
  patience: number,
  late: () => Error,
  spacing = 0,
): (items: readonly T[]) => Promise<R | undefined> {
  /** In the order of writing. */
  const waiting: Group<T, R>[] = [];
  let writing = false;

  /** Resolves when no more items arrive, at the latest at `end`. */
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
      write(group.items).then(group.resolve, group.reject);
      // Waits for the outcome, not for the write: after the deadline, a hanging write does not hold up the next group.
      await group.written.catch(() => {});
      if (group.items.length === 1) continue;
      const rest = begin + spacing - performance.now();
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
      await gathered(begin + LONGEST_GATHERING);
    }
    writing = false;
  };

  const newGroup = (): Group<T, R> => {
    const { promise, resolve, reject } = deferred<R>();
    const timer = setTimeout(() => reject(late()), patience);
    const group: Group<T, R> = {
      items: [],
      written: promise,
      resolve(result) {
        clearTimeout(timer);
        resolve(result);
      },
      reject(error) {
        clearTimeout(timer);
        reject(error);
      },
    };
    waiting.push(group);
    // Lets more items arrive in this tick of the event loop.
    setImmediate(writeAll);
    return group;
  };

  return (items) => {
    if (items.length === 0) return Promise.resolve(undefined);
    const last = waiting.at(-1);
    const group = last && last.items.length < MAX_GROUP ? last : newGroup();
    group.items.push(...items);
    return group.written;
  };
}

function deferred<R>() {
  let resolve = (_result: R) => {};
  let reject = (_error: unknown) => {};
  const promise = new Promise<R>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
