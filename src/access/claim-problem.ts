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

/** The type of a JSON value, for a message. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return TYPES[typeof value] ?? "no JSON";
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  boolean: "true or false",
  object: "an object",
};

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
