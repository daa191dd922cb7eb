import { BadUserInput } from "../errors.ts";
import { checkNamePrefix, checkSessionName } from "./session-name.ts";
import type { NameFilter } from "./session-selection.ts";
import type { TimeRange } from "./time-range.ts";

/** Which sessions are asked for: those that meet every condition. Null, or absent, is no condition. */
export interface SessionFilter {
  readonly namePrefix?: string | null | undefined;
  readonly name?: string | null | undefined;
  /** Inclusive. */
  readonly createdAfter?: Date | null | undefined;
  /** Exclusive. */
  readonly createdBefore?: Date | null | undefined;
}

/**
 * What a filter says of names, in the form NFC, which the names of sessions have.
 *
 * @throws {BadUserInput} naming `filter.name` or `filter.namePrefix`, when there are both, or no session can have the name
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

/** When the sessions of a filter were created. */
export function timesOf({ createdAfter, createdBefore }: SessionFilter): TimeRange {
  return { after: createdAfter, before: createdBefore };
}
