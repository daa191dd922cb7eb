import { nearest, quote } from "../errors.ts";
import type { ClaimProblem } from "./claim-problem.ts";
import { typeOf } from "./json.ts";

/** What a caller may do at all. The names are those that claims of scopes have. */
export const SCOPES = [
  "sessions:create",
  "sessions:read",
  "tokens:create",
  "tokens:inspect",
  "ledger:read",
] as const;

export type Scope = (typeof SCOPES)[number];

/** The scopes of a caller, and problems with names that are nearly scopes. */
export interface ReadScopes {
  readonly scopes: ReadonlySet<Scope>;
  readonly problems: readonly ClaimProblem[];
}

/** How many unknown names are compared. */
const MAX_LOOKED_AT = 100;
/** How much of a prefix is shown, in characters. */
const SHOWN = 30;

/**
 * The scopes of several claims together. Each is text, with spaces between the names (RFC 8693, 4.2), or a list of texts; one that is
 * neither gives none. A name that is no scope of ours is another service's, and a problem only where it is nearly one that is missing.
 *
 * @param claims each with its name
 * @param prefix what every name must begin with, and is cut off
 */
export function readScopes(claims: readonly (readonly [string, unknown])[], prefix = ""): ReadScopes {
  const names = new Set<string>();
  const problems: ClaimProblem[] = [];
  for (const [claim, value] of claims) {
    if (value === undefined) continue;
    const texts: unknown[] = Array.isArray(value) ? value : [value];
    const wrong = texts.findIndex((text) => typeof text !== "string");
    if (wrong === -1) for (const name of (texts as string[]).flatMap(wordsOf)) names.add(name);
    else {
      const what = Array.isArray(value) ? `its entry ${wrong + 1} is` : "it is";
      const says = `${claim} must be text with spaces between the scopes, or a list of them; ${what} ${typeOf(texts[wrong])}`;
      problems.push({ member: "scope", says });
    }
  }
  const scopes = new Set(SCOPES.filter((scope) => names.has(`${prefix}${scope}`)));
  const others = [...names].filter((name) => !SCOPES.some((scope) => name === `${prefix}${scope}`));
  const said = new Set<string>(scopes);
  for (const [scope, says] of others.slice(0, MAX_LOOKED_AT).flatMap((name) => nearMisses(name, prefix))) {
    if (said.has(scope)) continue;
    said.add(scope);
    problems.push({ member: "scope", scope, says });
  }
  return { scopes, problems };
}

/** The names in a text. */
function wordsOf(text: string): string[] {
  return text.split(" ").filter((name) => name !== "");
}

/** The scopes that a name is close to, each with how it differs. */
function nearMisses(name: string, prefix: string): (readonly [Scope, string])[] {
  const bare = prefix === "" ? undefined : SCOPES.find((scope) => scope === name);
  if (bare) return [[bare, `the scope ${bare} lacks the prefix of AUTH_SCOPE_PREFIX`]];
  const unprefixed = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  const parts = unprefixed.split(/[,;|\s]+/);
  const within = parts.length === 1 ? [] : SCOPES.filter((scope) => parts.includes(scope));
  if (within.length > 0) {
    return within.map((scope) => [scope, "scopes must have spaces between them"]);
  }
  const prefixed = SCOPES.find(
    (scope) => name.endsWith(scope) && /[/:.#]/.test(name.at(-scope.length - 1) ?? ""),
  );
  if (prefixed) {
    const given = quote(name.slice(0, -prefixed.length), SHOWN);
    return [[prefixed, `the scope ${prefixed} has the prefix ${given}; set AUTH_SCOPE_PREFIX to it`]];
  }
  const swapped = unprefixed.split(":").reverse().join(":");
  const meant = nearest(unprefixed, SCOPES) ?? nearest(swapped, SCOPES);
  if (meant === undefined) return [];
  return [[meant, `${quote(name, SHOWN)} is not a scope of this server; did you mean ${meant}?`]];
}
