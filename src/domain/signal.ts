import { BadUserInput } from "../errors.ts";

/** A signal from the server to clients. */
export interface Signal {
  /** At most 128 bytes in UTF-8. */
  readonly type: string;
  /** At most 8192 bytes in UTF-8. */
  readonly data: string;
}

/** The largest type and data of a signal, in bytes of UTF-8. Source: the platform's documentation. */
export const SIGNAL_LIMITS = { type: 128, data: 8192 } as const;

/** The field of a signal that is too large, and the rule that it breaks; null if none is. */
export function tooLargeIn(
  signal: Signal,
): { readonly field: "type" | "data"; readonly rule: string } | null {
  for (const field of ["type", "data"] as const) {
    const bytes = Buffer.byteLength(signal[field]);
    const limit = SIGNAL_LIMITS[field];
    if (bytes > limit) return { field, rule: `must be at most ${limit} bytes in UTF-8; it has ${bytes}` };
  }
  return null;
}

/** @throws {BadUserInput} naming `type` or `data` if it is too large */
export function checkSignal(signal: Signal): void {
  const problem = tooLargeIn(signal);
  if (problem !== null) throw new BadUserInput(problem.field, `${problem.field} ${problem.rule}`);
}
