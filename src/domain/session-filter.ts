import { BadUserInput } from "../errors.ts";
import { checkNamePrefix, checkSessionName } from "./session-name.ts";
import type { NameFilter } from "./session-selection.ts";
import type { TimeRange } from "./time-range.ts";

/** A filter of sessions, which must meet every condition. Null or absent means no condition. */
export interface SessionFilter {
  readonly namePrefix?: string | null | undefined;
  readonly name?: string | null | undefined;
  /** Inclusive. */
  readonly createdAfter?: Date | null | undefined;
  /** Exclusive. */
  readonly createdBefore?: Date | null | undefined;
}

/**
 * The condition on names, normalized to NFC as the names of sessions are.
 *
 * @throws {BadUserInput} naming `filter.name` or `filter.namePrefix`, if both are given or no session can have the name
 */
export function nameFilterOf({ name, namePrefix }: SessionFilter): NameFilter | null {
  if (name != null && namePrefix != null)
    throw new BadUserInput(
      "filter.namePrefix",
      "filter.namePrefix and filter.name exclude each other; leave one of them out",
    );
  if (name != null) return { name: checkSessionName(name, "filter.name") };
  return namePrefix == null ? null : { prefix: checkNamePrefix(namePrefix, "filter.namePrefix") };
}

/** The times of creation that a filter selects. */
export function timesOf({ createdAfter, createdBefore }: SessionFilter): TimeRange {
  return { after: createdAfter, before: createdBefore };
}
