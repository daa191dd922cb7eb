import { FairQueue } from "./fair-queue.ts";

/** How much of the event loop is given away at once, in milliseconds: everybody else waits for so long, at every step. */
const SLICE = 1;
/** Above so many milliseconds work is heavy: it has a slice of its own, and its caller rests after it. */
const HEAVY = 0.5;
/** For how long a caller counts as active after it was last served, in milliseconds. */
const ACTIVE = 1000;

/** Resolves when the event loop is the caller's. */
export type Turn = (callerId: string) => Promise<void>;

type Begin = () => void;

/** A caller that was served a short while ago. */
interface Activity {
  readonly servedAt: number;
  readonly restsUntil: number;
}

/**
 * Shares the event loop among callers by the time that their work takes of it, one slice in each turn of the loop.
 *
 * What begins in a slice runs together, step by step: that takes half the time of one after the other. The time is measured and
 * counted for its callers in equal parts. Heavy work therefore has a slice of its own. While other callers are active, its
 * caller then rests for as long as it took, so that the next steps of the others find the loop free.
 *
 * @param perSlice the most that begins in one slice
 * @param now a clock, in milliseconds
 */
export function turns(perSlice: number, now: () => number = () => performance.now()): Turn {
  const queue = new FairQueue<Begin>();
  /** The least recently served first. */
  const active = new Map<string, Activity>();
  let isArmed = false;
  let timer: NodeJS.Timeout | undefined;

  const isHeavy = (callerId: string) => queue.perItem(callerId) > HEAVY;
  const restsUntil = (callerId: string) => active.get(callerId)?.restsUntil ?? 0;

  /** Takes what runs in the next slice: round by round, so that each caller has one begin before any has a second. */
  const takeSlice = (instant: number): { callers: string[]; items: Begin[] } => {
    const [first, ...others] = queue.inOrder().filter((callerId) => restsUntil(callerId) <= instant);
    const callers: string[] = [];
    const items: Begin[] = [];
    if (first === undefined) return { callers, items };
    const sharing = isHeavy(first) ? [first] : [first, ...others.filter((callerId) => !isHeavy(callerId))];
    // Where nobody else is active, a longer slice is only more efficient.
    let left = sharing.length > 1 || active.size > 1 ? SLICE : Number.POSITIVE_INFINITY;
    for (let round = 0; round < perSlice; round++) {
      for (const callerId of sharing) {
        if (left <= 0 || items.length === perSlice) return { callers, items };
        const item = queue.take(callerId);
        if (item === undefined) continue;
        left -= queue.perItem(callerId);
        callers.push(callerId);
        items.push(item);
      }
    }
    return { callers, items };
  };

  const count = (callers: readonly string[], begin: number) => {
    const end = now();
    const taken = end - begin;
    const each = taken / callers.length;
    for (const callerId of callers) queue.charge(callerId, each);
    const served = new Set(callers);
    for (const [callerId, { servedAt }] of active) {
      if (end - servedAt > ACTIVE || served.has(callerId)) active.delete(callerId);
    }
    const rest = each > HEAVY && active.size > 0 ? taken : 0;
    for (const callerId of served) active.set(callerId, { servedAt: end, restsUntil: end + rest });
  };

  const runSlice = () => {
    isArmed = true;
    let slice: ReturnType<typeof takeSlice>;
    let begin: number;
    setImmediate(() => {
      begin = now();
      slice = takeSlice(begin);
      for (const item of slice.items) item();
    });
    // Runs when all has run that began above, up to where it waits for something.
    setImmediate(() => {
      isArmed = false;
      if (slice.callers.length > 0) count(slice.callers, begin);
      arm();
    });
  };

  const arm = () => {
    if (isArmed || queue.callers === 0) return;
    clearTimeout(timer);
    const rest = Math.min(...queue.inOrder().map(restsUntil)) - now();
    if (rest > 0) timer = setTimeout(runSlice, rest);
    else runSlice();
  };

  return (callerId) =>
    new Promise((begin) => {
      queue.push(callerId, begin);
      arm();
    });
}
