import { generateKeyPairSync } from "node:crypto";

/** The OpenTok project of the tests' servers. */
export const API_KEY = "12345678";
export const API_SECRET = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";

/** The project's environment variables. */
export const OPENTOK = { OPENTOK_API_KEY: API_KEY, OPENTOK_API_SECRET: API_SECRET };
/** The same project on the local platform. */
export const PROJECT = { PLATFORM: "local", ...OPENTOK };

/** The Vonage application of the tests' servers. */
export const APPLICATION_ID = "29f760f8-7ce1-46c9-ade3-f2dedee4ed5f";
export const PRIVATE_KEY = newPrivateKey();
export const VONAGE = { VONAGE_APPLICATION_ID: APPLICATION_ID, VONAGE_PRIVATE_KEY: PRIVATE_KEY };

/** A new RSA private key, as PEM text. */
export function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

const SECRETS = [API_SECRET, ...PRIVATE_KEY.split("\n").slice(1, -2)];

/** Fails if a server's log or answer contains one of its secrets, or a line of its private key. */
export function checkForSecrets(said: string): void {
  if (SECRETS.some((secret) => said.includes(secret))) throw new Error("a secret was said");
}
