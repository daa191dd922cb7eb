import type { IssuancesQuery, Role } from "./generated/documents.ts";

/** The number of issued tokens by role for each period, oldest first. */
export type Periods = NonNullable<IssuancesQuery["issuances"]>;

/** The number of tokens of a role issued in a period. */
export function countOf({ counts }: Periods[number], role: Role): number {
  return counts.find((each) => each.role === role)?.count ?? 0;
}
