import type { CredentialNames } from "./credential-names.ts";

/**
 * What to do about a refusal, by the reasons that the platform is known to give.
 *
 * @param ahead the seconds by which our clock is ahead of the platform's; null when that is unknown
 */
export function adviceFor(
  reason: string,
  status: number,
  { id, key, url }: CredentialNames,
  ahead: number | null,
): string {
  if (/issuer not found/i.test(reason)) return `The platform does not know this ${id}: check it, and ${url}`;
  if (/invalid signature/i.test(reason)) return `${key} is not the one that belongs to ${id}: check it`;
  if (/issued time|greater than current time/i.test(reason)) {
    const by = ahead === null || ahead < 1 ? "" : ` by ${ahead} seconds`;
    return `This server's clock is ahead of the platform's${by}: synchronise it`;
  }
  if (/no suitable authentication/i.test(reason)) {
    return `These credentials are of the platform's other environment: check PLATFORM and ${url}`;
  }
  if (/invalid token/i.test(reason))
    return `The platform cannot read this server's credentials: check ${id} and ${key}`;
  if (status === 401) return `The platform does not accept this server's credentials: check ${id} and ${key}`;
  return "Its project may not have what these options need: check the options, and the project's settings";
}
