import { isEmpty } from "../domain/session-selection.ts";
import { quote } from "../errors.ts";
import type { ClaimProblem } from "./claim-problem.ts";
import { isObject } from "./json.ts";
import { type Permissions, readGrant } from "./permissions.ts";
import { readScopes, type Scope } from "./scope.ts";

/** The claims of a JWT that have the scopes and the grant. */
export interface ClaimNames {
  /** The claims whose scopes count together. */
  readonly scopes: readonly string[];
  /** The prefix of all scopes, which is removed; empty for none. */
  readonly scopePrefix: string;
  readonly grant: string;
}

/** The default claims, and those of API keys: `scope` of OAuth, `scp` of Okta and Entra, `permissions` of Auth0. */
export const CLAIM_NAMES: ClaimNames = {
  scopes: ["scope", "scp", "permissions"],
  scopePrefix: "",
  grant: "video_grant",
};

/** The permissions that claims grant, and the problems of invalid claims. */
export interface ReadClaims {
  readonly scopes: ReadonlySet<Scope>;
  readonly permissions: Permissions;
  readonly problems: readonly ClaimProblem[];
}

/** Reads the permissions from claims. An invalid claim grants nothing and becomes a problem. */
export function readClaims(claims: Claims, names: ClaimNames = CLAIM_NAMES): ReadClaims {
  const { scopes, problems } = readScopes(
    names.scopes.map((name) => [name, claimNamed(claims, name)] as const),
    names.scopePrefix,
  );
  const claim = claimNamed(claims, names.grant);
  const grant = readGrant(claim, names.grant);
  const elsewhere = claim === undefined ? grantElsewhere(claims, names.grant) : [];
  return { scopes, permissions: grant.permissions, problems: [...problems, ...grant.problems, ...elsewhere] };
}

/** Why an API key with the scope `tokens:create` cannot generate tokens; undefined if it can, or lacks the scope. */
export function whyNoToken(claims: Claims): string | undefined {
  const { scopes, permissions } = readClaims(claims);
  if (!scopes.has("tokens:create")) return undefined;
  if (permissions.roles.size === 0)
    return "This key cannot generate tokens, because its grant has no roles: add video_grant.roles.";
  return isEmpty(permissions.sessions) && !scopes.has("sessions:create")
    ? "This key cannot generate tokens, because its grant has no sessions: add video_grant.sessions or video_grant.names."
    : undefined;
}

/** The claims of a JWT, or of an API key. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * The claim with a name, or at a path of names separated by dots. Names can contain dots, too, such as the URLs of Auth0, so
 * the longest matching name wins at each step.
 */
export function claimNamed(claims: unknown, name: string): unknown {
  if (!isObject(claims)) return undefined;
  const own = (member: string) => (Object.hasOwn(claims, member) ? claims[member] : undefined);
  let found = own(name);
  for (
    let dot = name.lastIndexOf(".");
    found === undefined && dot > 0;
    dot = name.lastIndexOf(".", dot - 1)
  ) {
    found = claimNamed(own(name.slice(0, dot)), name.slice(dot + 1));
  }
  return found;
}

/** How much of a claim's name a message shows, in characters. */
const SHOWN = 60;

/** Finds a grant under another name. Claims that users can write, such as `user_metadata`, do not count. */
function grantElsewhere(claims: Claims, grant: string): ClaimProblem[] {
  const inApp = claimNamed(claims, "app_metadata");
  const nested = isObject(inApp) ? Object.keys(inApp).map((name) => `app_metadata.${name}`) : [];
  const found = [...Object.keys(claims), ...nested].find((name) => /video[-_ ]?grants?$/i.test(name));
  if (found === undefined) return [];
  const says = `the claim ${grant} is missing, but there is one named ${quote(found, SHOWN)}; set AUTH_GRANT_CLAIM to that name`;
  return [{ member: "grant", says }];
}
