/** Types for the tests; the meaning is where the code is. */
export interface MemoryPoint {
  readonly minutes: number;
  readonly megabytes: number;
}

export interface Seen {
  readonly memory: readonly MemoryPoint[];
  readonly tenths: readonly { readonly answers: number; readonly p99: number }[];
  readonly failed: number;
  readonly failures: readonly string[];
}

export interface Verdict {
  readonly slope: number | null;
  readonly slowdown: number | null;
  readonly failures: string[];
  readonly unjudged: string[];
}

export function slopeOf(points: readonly MemoryPoint[]): number;
export function judge(seen: Seen): Verdict;
