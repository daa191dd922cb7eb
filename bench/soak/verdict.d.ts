/** Types for the tests; the code documents them. */
interface Seen {
  readonly failed: number;
  readonly reasons: readonly string[];
  readonly delivered: number;
  readonly missing: number;
  readonly slope: number;
}

export function readOptions(args: readonly string[]): { readonly minutes: number };
export function slopeOf(points: readonly { readonly minutes: number; readonly megabytes: number }[]): number;
export function failuresOf(seen: Seen, growth: number): string[];
