import { BadUserInput } from "../errors.ts";
import type { NameFilter } from "./session-selection.ts";
import { checkStorable } from "./text.ts";
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
 * @throws {BadUserInput} naming `filter.name` or `filter.namePrefix`, when there are both, or no name can have the text
 */
export function namesOf({ name, namePrefix }: SessionFilter): NameFilter | null {
  if (name != null && namePrefix != null)
    throw new BadUserInput(
      "filter.namePrefix",
      "filter.namePrefix and filter.name exclude each other; leave one of them out",
    );
  if (name != null) return { name: checked("filter.name", name) };
  return namePrefix == null ? null : { prefix: checked("filter.namePrefix", namePrefix) };
}

/** When the sessions of a filter were created. */
export function timesOf({ createdAfter, createdBefore }: SessionFilter): TimeRange {
  return { after: createdAfter, before: createdBefore };
}

function checked(argument: string, text: string): string {
  return checkStorable(argument, text).normalize("NFC");
}
