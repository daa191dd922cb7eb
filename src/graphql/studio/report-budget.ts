/** How much one report may hold, in characters, and how much an entry takes beside its text. Apollo keeps some four kilobytes of each. */
const BUDGET = 1_000_000;
const ENTRY = 2000;
/** For how long a report gathers what it holds, in milliseconds. */
export const REPORT_INTERVAL = 10_000;

/**
 * Tells whether a report still has room for an entry, which it has for one that it holds already. A report is put together in
 * one go, and whatever takes long holds up all requests: callers who never send the same operation twice must not make it large.
 *
 * @param now a clock, in milliseconds
 * @returns a function that is given the entry's key and how long its text is
 */
export function reportBudget(now: () => number): (key: string, length: number) => boolean {
  const held = new Set<string>();
  let begun = now();
  let left = BUDGET;
  return (key, length) => {
    if (now() - begun >= REPORT_INTERVAL) {
      held.clear();
      begun = now();
      left = BUDGET;
    }
    if (held.has(key)) return true;
    const cost = ENTRY + key.length + length;
    if (cost > left) return false;
    left -= cost;
    held.add(key);
    return true;
  };
}
