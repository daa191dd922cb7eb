import type { IssuedToken } from "./issued-token.ts";
import type { Role } from "./role.ts";
import { checkStorable } from "./text.ts";
import { isWithin, type TimeRange } from "./time-range.ts";

/** A filter of ledger records, which must meet every condition. Null or absent means no condition. */
export interface IssuedTokenFilter {
  readonly id?: string | null | undefined;
  readonly sessionId?: string | null | undefined;
  readonly issuedTo?: string | null | undefined;
  readonly role?: Role | null | undefined;
  /** Inclusive. */
  readonly issuedAfter?: Date | null | undefined;
  /** Exclusive. */
  readonly issuedBefore?: Date | null | undefined;
}

/** @throws {BadUserInput} naming `filter.id`, `filter.sessionId` or `filter.issuedTo`, if no record can have the text */
export function checkFilter({ id, sessionId, issuedTo }: IssuedTokenFilter): void {
  for (const [condition, text] of Object.entries({ id, sessionId, issuedTo })) {
    if (text != null) checkStorable(`filter.${condition}`, text);
  }
}

/** The times of issue that a filter selects. */
export function timesOf({ issuedAfter, issuedBefore }: IssuedTokenFilter): TimeRange {
  return { after: issuedAfter, before: issuedBefore };
}

/** Whether a record meets every condition. */
export function isAskedFor(filter: IssuedTokenFilter, issued: IssuedToken): boolean {
  const { id, sessionId, issuedTo, role } = filter;
  return (
    (id == null || issued.id === id) &&
    (sessionId == null || issued.sessionId === sessionId) &&
    (issuedTo == null || issued.issuedTo === issuedTo) &&
    (role == null || issued.role === role) &&
    isWithin(timesOf(filter), issued.issuedAt)
  );
}
