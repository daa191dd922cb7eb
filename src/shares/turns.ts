import { Costs } from "./costs.ts";
import { FairQueue } from "./fair-queue.ts";

/** How much of the event loop is given away at once, in milliseconds: everybody else waits for so long, at every step. */
const SLICE = 1;
/** Above so many milliseconds work is heavy: it has a slice of its own, and its caller rests after it. */
const HEAVY = 0.5;
/** For how long a caller counts as active after it was last served, in milliseconds. */
const ACTIVE = 1000;

/** Resolves when the event loop is the caller's. */
export type Turn = (callerId: string) => Promise<void>;

/** What runs together: items, with their callers, and what each is expected to take, in milliseconds. */
interface Slice {
  readonly callers: string[];
  readonly items: Begin[];
  readonly expected: number[];
}

type Begin = () => void;

/** A caller that was served a short while ago. */
interface Activity {
  readonly servedAt: number;
  readonly restsUntil: number;
}

/**
 * Shares the event loop among callers by the time that their work takes of it, one slice in each turn of the loop.
 *
 * What begins in a slice runs together, step by step: begun as they arrive, requests take 2.5 times the processor time. Heavy work has a slice of
 * its own. While other callers are active, its caller then rests for as long as it took, so that the next steps of the others find
 * the loop free; and of those with heavy work, only the one that has used the least may begin.
 *
 * @param perSlice the most that begins in one slice
 * @param now a clock, in milliseconds
 */
export function turns(perSlice: number, now: () => number = () => performance.now()): Turn {
  const queue = new FairQueue<Begin>();
  const costs = new Costs();
  /** The least recently served first. */
  const active = new Map<string, Activity>();
  let isArmed = false;
  let timer: NodeJS.Timeout | undefined;

  const isAlone = (callerId: string) => costs.isDoubtful(callerId) || costs.of(callerId) > HEAVY;
  const restsUntil = (callerId: string) => active.get(callerId)?.restsUntil ?? 0;

  /** The callers that may begin, whoever has used the least first. */
  const ready = (instant: number): string[] => {
    let isHeavyBefore = false;
    return queue.inOrder().filter((callerId) => {
      const mustWait = restsUntil(callerId) > instant || (isHeavyBefore && isAlone(callerId));
      isHeavyBefore ||= isAlone(callerId);
      return !mustWait;
    });
  };

  /** Takes what runs in the next slice, each item of whoever has then used the least, by what the items are expected to take. */
  const takeSlice = (instant: number): Slice => {
    const slice: Slice = { callers: [], items: [], expected: [] };
    const [first, ...others] = ready(instant);
    if (first === undefined) return slice;
    const sharing = isAlone(first) ? [first] : [first, ...others.filter((callerId) => !isAlone(callerId))];
    // Where nobody else is active, a longer slice is only more efficient.
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
    // Runs when all has run that began above, up to where it waits for something.
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
