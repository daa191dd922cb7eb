import { isEmpty } from "../domain/session-selection.ts";
import { quote } from "../errors.ts";
import type { ClaimProblem } from "./claim-problem.ts";
import { isObject } from "./json.ts";
import { type Permissions, readGrant } from "./permissions.ts";
import { readScopes, type Scope } from "./scope.ts";

/** Where in a JWT the scopes and the grant are. */
export interface ClaimNames {
  /** The claims whose scopes count, together. */
  readonly scopes: readonly string[];
  /** What the names of scopes begin with, and is cut off; empty for nothing. */
  readonly scopePrefix: string;
  readonly grant: string;
}

/** The names unless the configuration has others, and those of API keys: OAuth's, Okta's and Entra's, Auth0's. */
export const CLAIM_NAMES: ClaimNames = {
  scopes: ["scope", "scp", "permissions"],
  scopePrefix: "",
  grant: "video_grant",
};

/** What a caller may do, by its claims, and which of them cannot be read. */
export interface ReadClaims {
  readonly scopes: ReadonlySet<Scope>;
  readonly permissions: Permissions;
  readonly problems: readonly ClaimProblem[];
}

/** What claims allow. An unreadable claim allows nothing and is a problem. */
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

/** Why an API key with the scope `tokens:create` can make no token; undefined where it can, or has no such scope. */
export function whyNoToken(claims: Claims): string | undefined {
  const { scopes, permissions } = readClaims(claims);
  if (!scopes.has("tokens:create")) return undefined;
  if (permissions.roles.size === 0)
    return "Without video_grant.roles this key can make no token: a role that is not granted is refused.";
  return isEmpty(permissions.sessions) && !scopes.has("sessions:create")
    ? "Without video_grant.sessions or names this key can make no token: a session that is not granted is refused."
    : undefined;
}

/** The claims of a JWT, or of an API key. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * A claim by its name, or by the path to it, with dots between the names. Names have dots, too, such as the URLs of Auth0: at each step
 * the longest name counts.
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

/** How much of a claim's name is shown, in characters. */
const SHOWN = 60;

/** A claim that looks like the grant under another name. Claims that users can write, such as `user_metadata`, do not count. */
function grantElsewhere(claims: Claims, grant: string): ClaimProblem[] {
  const inApp = claimNamed(claims, "app_metadata");
  const nested = isObject(inApp) ? Object.keys(inApp).map((name) => `app_metadata.${name}`) : [];
  const found = [...Object.keys(claims), ...nested].find((name) => /video[-_ ]?grants?$/i.test(name));
  if (found === undefined) return [];
  const says = `there is no claim ${grant}, but one named ${quote(found, SHOWN)}; set AUTH_GRANT_CLAIM to its name`;
  return [{ member: "grant", says }];
}
