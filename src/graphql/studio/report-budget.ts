/** The size of one report and the overhead of an entry, in characters. Apollo Server keeps about 4 KB for each entry. */
const BUDGET = 1_000_000;
const ENTRY = 2000;
/** The period that a report covers, in milliseconds. */
export const REPORT_INTERVAL = 10_000;

/**
 * Limits the size of a report, because building a large report would block all requests. A caller that never sends the same
 * operation twice must not make it large. A report always has room for an entry that it already holds.
 *
 * @param now a clock, in milliseconds
 * @returns whether an entry fits, by its key and text length
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
