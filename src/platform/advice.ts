import type { CredentialNames } from "./credential-names.ts";

/**
 * The advice for a refusal, by the platform's known reasons.
 *
 * @param ahead how far this server's clock is ahead of the platform's, in seconds; null if unknown
 * @param otherwise the advice for an unknown reason
 */
export function adviceFor(
  reason: string,
  status: number,
  { id, key, url }: CredentialNames,
  ahead: number | null,
  otherwise = "Check the arguments and the project's settings",
): string {
  if (/issuer not found/i.test(reason)) return `The platform does not know this ${id}: check it, and ${url}`;
  if (/invalid signature/i.test(reason)) return `${key} does not belong to ${id}: check it`;
  if (/issued time|greater than current time/i.test(reason)) {
    const by = ahead === null || ahead < 1 ? "" : ` by ${ahead} seconds`;
    return `This server's clock is ahead of the platform's${by}: synchronize it`;
  }
  if (/no suitable authentication/i.test(reason)) {
    return `These credentials belong to the platform's other environment: check PLATFORM and ${url}`;
  }
  if (/invalid token/i.test(reason))
    return `The platform cannot read this server's credentials: check ${id} and ${key}`;
  if (status === 401) return `The platform does not accept this server's credentials: check ${id} and ${key}`;
  return otherwise;
}

/**
 * The advice for a missing answer.
 *
 * @param code the system's error code of the connection; undefined if the platform did not answer
 */
export function adviceForNoAnswer(code: string | undefined, { url }: CredentialNames): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `its host has no address: check ${url} and DNS`;
  if (code === "ECONNREFUSED") return `nothing listens there: check ${url}`;
  if (/CERT|SIGNED|UNABLE_TO_|TLS|SSL|EPROTO/.test(code ?? ""))
    return `its certificate is not trusted, or it does not use TLS: check ${url}; if a proxy decrypts TLS, set NODE_EXTRA_CA_CERTS`;
  return `check ${url}, the firewall, and whether this machine needs a proxy`;
}
