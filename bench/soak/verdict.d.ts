/** Types for the tests; the meaning is where the code is. */
export interface MemoryPoint {
  readonly minutes: number;
  readonly megabytes: number;
}

export interface Seen {
  readonly answers: number;
  readonly memory: readonly MemoryPoint[];
  readonly tenths: readonly { readonly answers: number; readonly p99: number }[];
  readonly failed: number;
  readonly failures: readonly string[];
}

export interface Bounds {
  readonly mostGrowth: number;
  readonly leastMinutes: number;
  readonly mostSlowdown: number;
  readonly leastAnswers: number;
}

export interface Verdict {
  readonly outcome: "passed" | "failed" | "not judged";
  readonly slope: number | null;
  readonly slowdown: number | null;
  readonly failures: string[];
  readonly unjudged: string[];
}

export const BOUNDS: Bounds;
export function slopeOf(points: readonly MemoryPoint[]): number;
export function judge(seen: Seen & { readonly early: boolean }, bounds?: Bounds): Verdict;
