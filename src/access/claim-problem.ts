/** The parts of claims that may be unreadable: values of a metric's label. */
export const CLAIM_MEMBERS = ["scope", "grant", "roles", "sessions", "names", "maxLifetime"] as const;

export type ClaimMember = (typeof CLAIM_MEMBERS)[number];

/** Why a claim, or a member of one, grants nothing. */
export interface ClaimProblem {
  readonly member: ClaimMember;
  /** The rule that it breaks, and what it is instead; never its value. */
  readonly says: string;
  /** The only scope that is missing for it. */
  readonly scope?: string;
}
