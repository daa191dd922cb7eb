/** The claims of a token by name, in the token's order. */
export type Claims = readonly (readonly [name: string, value: unknown])[];

/** The claims of a token in either format, without a check of its signature; null if they are unreadable. */
export function claimsOf(token: string): Claims | null {
  try {
    return token.startsWith("T1==") ? claimsOfT1(token.slice(4)) : claimsOfJwt(token);
  } catch {
    return null;
  }
}

function claimsOfJwt(token: string): Claims | null {
  const claims: unknown = JSON.parse(decode(token.split(".")[1] ?? ""));
  return typeof claims === "object" && claims !== null && !Array.isArray(claims)
    ? Object.entries(claims)
    : null;
}

function claimsOfT1(base64: string): Claims | null {
  const [, owner, fields] = /^partner_id=([^&:]*)&sig=[^:]*:(.*)$/s.exec(decode(base64)) ?? [];
  return owner === undefined ? null : [["partner_id", owner], ...new URLSearchParams(fields)];
}

/** The text of base64, in the standard alphabet or the URL-safe one. */
function decode(base64: string): string {
  const binary = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder("utf-8", { fatal: true }).decode(
    Uint8Array.from(binary, (char) => char.charCodeAt(0)),
  );
}

const TIME_CLAIMS = ["iat", "nbf", "exp", "create_time", "expire_time"];

/** The last second that a `Date` can hold. */
const LAST_SECOND = 8_640_000_000_000;

/** Whether a claim is a time in seconds since the Unix epoch. */
export function isTimeClaim(name: string, value: unknown): boolean {
  const isNumber = typeof value === "number" || (typeof value === "string" && /^\d+(\.\d+)?$/.test(value));
  return TIME_CLAIMS.includes(name) && isNumber && Math.abs(Number(value)) <= LAST_SECOND;
}
