/** The members of a grant. */
export const GRANT_MEMBERS = [
  "roles",
  "sessions",
  "names",
  "maxLifetime",
  "identity",
  "data",
  "sessionOptions",
  "manage",
] as const;

/** The parts of claims that may be invalid; also the values of a metric's label. */
export const CLAIM_MEMBERS = ["scope", "grant", ...GRANT_MEMBERS] as const;

export type ClaimMember = (typeof CLAIM_MEMBERS)[number];

/** Why a claim, or a member of one, grants nothing. */
export interface ClaimProblem {
  readonly member: ClaimMember;
  /** The broken rule and the kind of the actual value; never the value. */
  readonly says: string;
  /** The scope that this problem concerns; without it, all scopes. */
  readonly scope?: string;
}
