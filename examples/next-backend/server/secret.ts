import "server-only";

/**
 * A secret from the environment of the server. Its name must never begin with `NEXT_PUBLIC_`: Next copies such variables
 * into the pages. With the secret, anybody can sign a JWT for any user.
 */
export function secretOf(name: "AUTH_JWT_SECRET" | "SESSION_SECRET"): Uint8Array {
  const secret = new TextEncoder().encode(process.env[name]);
  if (secret.length < 32) throw new Error(`${name} needs at least 32 bytes: openssl rand -base64 32`);
  return secret;
}
