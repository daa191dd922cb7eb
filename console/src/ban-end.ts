import { nowInSeconds } from "./time.ts";

/** How long a ban lasts. */
export type BanEnd = keyof typeof LENGTHS;

/** In seconds; null for no end. */
const LENGTHS = { hour: 3600, day: 86_400, ever: null } as const;

/** The choices for the end of a ban, with their labels. */
export const BAN_ENDS: readonly (readonly [end: BanEnd, label: string])[] = [
  ["hour", "1 hour"],
  ["day", "24 hours"],
  ["ever", "For ever"],
];

/** The time at which a ban that begins now ends, for the API; null for never. */
export function untilOf(end: BanEnd): string | null {
  const length = LENGTHS[end];
  return length === null ? null : new Date((nowInSeconds() + length) * 1000).toISOString();
}
