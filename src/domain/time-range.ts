/** Instants from `after`, inclusive, to `before`, exclusive. Null, or absent, is an open end. */
export interface TimeRange {
  readonly after?: Date | null | undefined;
  readonly before?: Date | null | undefined;
}

/** Whether a range has no bound, so that it says nothing, not even of what has no instant. */
export function isUnbounded({ after, before }: TimeRange): boolean {
  return after == null && before == null;
}

/** Whether an instant is in a range. What has no instant is in the unbounded range alone. */
export function isWithin(range: TimeRange, instant: Date | null): boolean {
  if (isUnbounded(range)) return true;
  if (instant === null) return false;
  const { after, before } = range;
  return (after == null || instant >= after) && (before == null || instant < before);
}
