import { Unauthenticated } from "../errors.ts";
import { API_KEY_PREFIX } from "./api-key.ts";

/** The headers that may have a credential. */
export interface Credentials {
  readonly authorization?: string | undefined;
  readonly "x-api-key"?: string | string[] | undefined;
}

/** A JWT without `Bearer`. */
const JWT = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

/** Whether a request has a credential. An `x-api-key` of another format belongs to a gateway. */
export function hasCredential({ authorization, "x-api-key": apiKey }: Credentials): boolean {
  return authorization !== undefined || isOurs(apiKey);
}

/**
 * The API key or the JWT of a request. Beside `Authorization`, it ignores a gateway's own `x-api-key`.
 *
 * @throws {Unauthenticated} if a request has no credential, or two
 */
export function credentialOf({ authorization, "x-api-key": apiKey }: Credentials): string {
  if (isOurs(apiKey)) {
    if (authorization === undefined) return apiKey;
    throw new Unauthenticated("Send either the header Authorization or x-api-key, not both");
  }
  if (authorization === undefined && apiKey !== undefined) {
    throw new Unauthenticated(
      `The header x-api-key must have an API key, which begins with ${API_KEY_PREFIX}`,
    );
  }
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(authorization ?? "") ?? [];
  if (bearer !== undefined) return bearer;
  const bare = kindOf(authorization?.trim() ?? "");
  if (bare) throw new Unauthenticated(`The header Authorization lacks Bearer and a space before ${bare}`);
  throw new Unauthenticated("Send the header Authorization: Bearer with a JWT or an API key");
}

function isOurs(apiKey: string | string[] | undefined): apiKey is string {
  return typeof apiKey === "string" && apiKey.startsWith(API_KEY_PREFIX);
}

function kindOf(credential: string): string | null {
  if (/^\S+$/.test(credential) && isOurs(credential)) return "the API key";
  return JWT.test(credential) ? "the JWT" : null;
}
