/** What a caller may do at all. The names are those of the `scope` claim. */
export const SCOPES = [
  "sessions:create",
  "sessions:read",
  "tokens:create",
  "tokens:inspect",
  "ledger:read",
] as const;

export type Scope = (typeof SCOPES)[number];

/**
 * The scopes of a `scope` claim: names with a space between them (RFC 8693, 4.2). What is no scope of ours is another
 * service's; what is no string is none.
 */
export function parseScopes(claim: unknown): ReadonlySet<Scope> {
  const names = typeof claim === "string" ? claim.split(" ") : [];
  return new Set(SCOPES.filter((scope) => names.includes(scope)));
}
