import { Costs } from "./costs.ts";
import { FairQueue } from "./fair-queue.ts";

/** The length of a slice of the event loop, in milliseconds: all other callers wait for so long at every step. */
const SLICE = 1;
/** Longer work, in milliseconds, is heavy: it gets its own slice, and its caller rests afterwards. */
const HEAVY = 0.5;
/** How long a caller counts as active after it was served, in milliseconds. */
const ACTIVE = 1000;

/** Resolves at the caller's turn on the event loop. */
export type Turn = (callerId: string) => Promise<void>;

/** Items that run together, with their callers and their expected costs in milliseconds. */
interface Slice {
  readonly callers: string[];
  readonly items: Begin[];
  readonly expected: number[];
}

type Begin = () => void;

/** A recently served caller. */
interface Activity {
  readonly servedAt: number;
  readonly restsUntil: number;
}

/**
 * Shares the event loop among callers by the time of their work, one slice per tick.
 *
 * The items of a slice run together, step by step. Starting requests as they arrive would take 2.5 times the processor time.
 * Heavy work gets its own slice. If others are active, its caller then rests for as long as the work took, so they find the loop
 * free. If several callers have heavy work, only the one with the least used time may begin.
 *
 * @param perSlice the most items in one slice
 * @param now a clock, in milliseconds
 */
export function turns(perSlice: number, now: () => number = () => performance.now()): Turn {
  const queue = new FairQueue<Begin>();
  const costs = new Costs();
  /** Least recently served first. */
  const active = new Map<string, Activity>();
  let isArmed = false;
  let timer: NodeJS.Timeout | undefined;

  const isAlone = (callerId: string) => costs.isDoubtful(callerId) || costs.of(callerId) > HEAVY;
  const restsUntil = (callerId: string) => active.get(callerId)?.restsUntil ?? 0;

  /** The callers that may begin, least used time first. */
  const ready = (instant: number): string[] => {
    let isHeavyBefore = false;
    return queue.inOrder().filter((callerId) => {
      const mustWait = restsUntil(callerId) > instant || (isHeavyBefore && isAlone(callerId));
      isHeavyBefore ||= isAlone(callerId);
      return !mustWait;
    });
  };

  /** Takes the items of the next slice, always from the caller with the least used time, including expected costs. */
  const takeSlice = (instant: number): Slice => {
    const slice: Slice = { callers: [], items: [], expected: [] };
    const [first, ...others] = ready(instant);
    if (first === undefined) return slice;
    const sharing = isAlone(first) ? [first] : [first, ...others.filter((callerId) => !isAlone(callerId))];
    // If no other caller is active, a longer slice is more efficient and delays no one.
    let left = sharing.length > 1 || active.size > 1 ? SLICE : Number.POSITIVE_INFINITY;
    while (left > 0 && slice.items.length < perSlice) {
      const callerId = queue.leastOf(sharing);
      const item = callerId === undefined ? undefined : queue.take(callerId);
      if (callerId === undefined || item === undefined) break;
      const expected = costs.of(callerId);
      queue.charge(callerId, expected);
      left -= expected;
      slice.callers.push(callerId);
      slice.items.push(item);
      slice.expected.push(expected);
    }
    return slice;
  };

  const count = ({ callers, expected }: Slice, begin: number) => {
    const end = now();
    for (const [i, took] of costs.split(callers, end - begin).entries()) {
      queue.charge(callers[i] ?? "", took - (expected[i] ?? 0));
    }
    const served = new Set(callers);
    for (const [callerId, { servedAt }] of active) {
      if (end - servedAt > ACTIVE || served.has(callerId)) active.delete(callerId);
    }
    const isHeavy = served.size === 1 && end - begin > HEAVY * callers.length;
    const rest = isHeavy && active.size > 0 ? end - begin : 0;
    for (const callerId of served) active.set(callerId, { servedAt: end, restsUntil: end + rest });
  };

  const runSlice = () => {
    isArmed = true;
    let slice: Slice;
    let begin: number;
    setImmediate(() => {
      begin = now();
      slice = takeSlice(begin);
      for (const item of slice.items) item();
    });
    // Runs after every item above has run up to its first wait.
    setImmediate(() => {
      isArmed = false;
      if (slice.items.length > 0) count(slice, begin);
      arm();
    });
  };

  const arm = () => {
    if (isArmed || queue.callers === 0) return;
    clearTimeout(timer);
    const instant = now();
    if (ready(instant).length > 0) return runSlice();
    const ends = queue.inOrder().map(restsUntil);
    timer = setTimeout(runSlice, Math.min(...ends.filter((end) => end > instant)) - instant);
  };

  return (callerId) =>
    new Promise((begin) => {
      queue.push(callerId, begin);
      arm();
    });
}
