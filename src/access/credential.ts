import { Unauthenticated } from "../errors.ts";
import { API_KEY_PREFIX } from "./api-key.ts";

/** What a request says of who sends it. */
export interface Credentials {
  readonly authorization?: string | undefined;
  readonly "x-api-key"?: string | string[] | undefined;
}

/** A JWT, as it is found where `Bearer` was left out. */
const JWT = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

/** Whether a request has a credential. An `x-api-key` of another form belongs to a gateway. */
export function hasCredential({ authorization, "x-api-key": apiKey }: Credentials): boolean {
  return authorization !== undefined || isOurs(apiKey);
}

/**
 * The API key or the JWT of a request. Beside `Authorization`, a gateway's own `x-api-key` is ignored.
 *
 * @throws {Unauthenticated} when there is none, or two
 */
export function credentialOf({ authorization, "x-api-key": apiKey }: Credentials): string {
  if (isOurs(apiKey)) {
    if (authorization === undefined) return apiKey;
    throw new Unauthenticated("Send either the header Authorization or x-api-key, not both");
  }
  if (authorization === undefined && apiKey !== undefined) {
    throw new Unauthenticated(
      `The header x-api-key must have an API key of this server, which begins with ${API_KEY_PREFIX}`,
    );
  }
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(authorization ?? "") ?? [];
  if (bearer !== undefined) return bearer;
  const bare = kindOf(authorization?.trim() ?? "");
  if (bare)
    throw new Unauthenticated(`The header Authorization has ${bare} alone: put Bearer and a space before it`);
  throw new Unauthenticated("Send the header Authorization: Bearer with a JWT or an API key");
}

function isOurs(apiKey: string | string[] | undefined): apiKey is string {
  return typeof apiKey === "string" && apiKey.startsWith(API_KEY_PREFIX);
}

function kindOf(credential: string): string | null {
  if (/^\S+$/.test(credential) && isOurs(credential)) return "an API key";
  return JWT.test(credential) ? "a JWT" : null;
}
