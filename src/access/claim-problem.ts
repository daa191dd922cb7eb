/** What of a caller's claims cannot be read: the values of a metric's label. */
export const CLAIM_MEMBERS = ["scope", "grant", "roles", "sessions", "names", "maxLifetime"] as const;

export type ClaimMember = (typeof CLAIM_MEMBERS)[number];

/** Why a claim, or a member of one, gives nothing. */
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
  string: "a text",
  number: "a number",
  boolean: "true or false",
  object: "an object",
};

/**
 * Text of a stranger's for a message or a line of the log: in quotes, in ASCII, so that it cannot be laid out as something else, and
 * cut.
 *
 * @param longest in characters
 */
export function quoteText(text: string, longest: number): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return JSON.stringify(cut).replaceAll(
    /(?!…)[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
