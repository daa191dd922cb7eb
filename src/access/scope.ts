import { nearest, quote } from "../errors.ts";
import type { ClaimProblem } from "./claim-problem.ts";
import { typeOf } from "./json.ts";

/** The scopes of callers, as they are named in claims. */
export const SCOPES = [
  "sessions:create",
  "sessions:read",
  "tokens:create",
  "tokens:inspect",
  "ledger:read",
  "participants:read",
  "participants:manage",
  "bans:manage",
  "sessions:replace",
  "keys:manage",
] as const;

export type Scope = (typeof SCOPES)[number];

/** The scopes of a caller, and the problems of misspelled scopes. */
export interface ReadScopes {
  readonly scopes: ReadonlySet<Scope>;
  readonly problems: readonly ClaimProblem[];
}

/** The most unknown names that are compared with scopes. */
const MAX_LOOKED_AT = 100;
/** How much of a prefix a message shows, in characters. */
const SHOWN = 30;

/**
 * Reads the scopes of several claims together. Each is a string of names separated by spaces (RFC 8693, 4.2) or a list of strings; any
 * other value grants none. An unknown name belongs to another service. It is a problem only if it is close to a missing scope.
 *
 * @param claims pairs of a name and a value
 * @param prefix the required prefix of every name, which is removed
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
      const says = `${claim} must be a string of scopes separated by spaces, or a list of scopes; ${what} ${typeOf(texts[wrong])}`;
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

/** Splits a string into names. */
function wordsOf(text: string): string[] {
  return text.split(" ").filter((name) => name !== "");
}

/** The scopes that a name is close to, each with the difference. */
function nearMisses(name: string, prefix: string): (readonly [Scope, string])[] {
  const bare = prefix === "" ? undefined : SCOPES.find((scope) => scope === name);
  if (bare) return [[bare, `the scope ${bare} lacks the prefix in AUTH_SCOPE_PREFIX`]];
  const unprefixed = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  const parts = unprefixed.split(/[,;|\s]+/);
  const within = parts.length === 1 ? [] : SCOPES.filter((scope) => parts.includes(scope));
  if (within.length > 0) {
    return within.map((scope) => [scope, "scopes must be separated by spaces"]);
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
