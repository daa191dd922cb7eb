import type { IssuancesQuery, Role } from "./generated/documents.ts";

/** How many tokens were issued, by role, in each of several periods, oldest first. */
export type Periods = NonNullable<IssuancesQuery["issuances"]>;

/** How many tokens of a role were issued in a period. */
export function countOf({ counts }: Periods[number], role: Role): number {
  return counts.find((each) => each.role === role)?.count ?? 0;
}
