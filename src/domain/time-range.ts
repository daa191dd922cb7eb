/** The instants from `after`, inclusive, to `before`, exclusive. A null or absent bound is open. */
export interface TimeRange {
  readonly after?: Date | null | undefined;
  readonly before?: Date | null | undefined;
}

/** Whether a range has no bounds. It then also contains items without an instant. */
export function isUnbounded({ after, before }: TimeRange): boolean {
  return after == null && before == null;
}

/** Whether an instant is in a range. Only the unbounded range contains items without an instant. */
export function isWithin(range: TimeRange, instant: Date | null): boolean {
  if (isUnbounded(range)) return true;
  if (instant === null) return false;
  const { after, before } = range;
  return (after == null || instant >= after) && (before == null || instant < before);
}
