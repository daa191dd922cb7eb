import {
  API_KEY,
  API_SECRET,
  APPLICATION_ID,
  OPENTOK,
  PRIVATE_KEY,
  PROJECT,
  VONAGE,
} from "../../support/credentials.ts";
import type { Wrong } from "./wrong.ts";

const SECRET = "must be the OpenTok project's secret, at least 32 characters without white space or quotes";
const PLACEHOLDER = "is a placeholder; set the secret of your OpenTok project";
const KEY = "must be the OpenTok project's API key, 5 to 20 digits";
const URL = "must be an https: URL without credentials or fragment; http: works only on this machine";

const SHARED =
  "must be set, with OPENTOK_API_SECRET and PLATFORM=local, because servers on one PostgreSQL database need the same project. Choose a number as the key, and make a secret with: openssl rand -hex 20";

const CREDENTIALS: readonly (readonly [string, Record<string, string>, string])[] = [
  ["a key that is none", { ...PROJECT, OPENTOK_API_KEY: "abc" }, `OPENTOK_API_KEY: ${KEY}`],
  ["a key with a separator", { ...PROJECT, OPENTOK_API_KEY: "470-123-45" }, `OPENTOK_API_KEY: ${KEY}`],
  [
    "a secret that is too short",
    { ...PROJECT, OPENTOK_API_SECRET: "short" },
    `OPENTOK_API_SECRET: ${SECRET}`,
  ],
  [
    "a placeholder",
    { ...OPENTOK, OPENTOK_API_SECRET: "your_api_secret_your_api_secret_your_api_secret" },
    `OPENTOK_API_SECRET: ${PLACEHOLDER}`,
  ],
  [
    "a placeholder in brackets",
    { ...OPENTOK, OPENTOK_API_SECRET: "<the-secret-of-the-project-in-your-account>" },
    `OPENTOK_API_SECRET: ${PLACEHOLDER}`,
  ],
  [
    "a secret of zeros",
    { ...OPENTOK, OPENTOK_API_SECRET: "0".repeat(40) },
    `OPENTOK_API_SECRET: ${PLACEHOLDER}`,
  ],
  [
    "a previous secret that is a placeholder",
    { ...OPENTOK, OPENTOK_API_SECRET_PREVIOUS: "x".repeat(40) },
    `OPENTOK_API_SECRET_PREVIOUS: ${PLACEHOLDER}`,
  ],
  [
    "a key without its secret",
    { OPENTOK_API_KEY: API_KEY },
    "OPENTOK_API_SECRET: must be set, because OPENTOK_API_KEY is set",
  ],
  [
    "a secret without its key",
    { OPENTOK_API_SECRET: API_SECRET },
    "OPENTOK_API_KEY: must be set, because OPENTOK_API_SECRET is set",
  ],
  [
    "a previous secret alone",
    { OPENTOK_API_SECRET_PREVIOUS: API_SECRET },
    "OPENTOK_API_SECRET: must be set, because OPENTOK_API_SECRET_PREVIOUS is set",
  ],
  [
    "a platform without credentials",
    { PLATFORM: "opentok" },
    "OPENTOK_API_KEY: must be set, because PLATFORM=opentok is set\nOPENTOK_API_SECRET: must be set, because PLATFORM=opentok is set",
  ],
  [
    "credentials of the other platform alone",
    { PLATFORM: "vonage", ...OPENTOK },
    "VONAGE_APPLICATION_ID: must be set, because PLATFORM=vonage is set\nVONAGE_PRIVATE_KEY: must be set, because PLATFORM=vonage is set",
  ],
  [
    "credentials of both",
    { ...OPENTOK, ...VONAGE },
    "PLATFORM: must be set to opentok or vonage, because credentials of both are set",
  ],
  [
    "an API key as the application ID",
    { ...VONAGE, VONAGE_APPLICATION_ID: "12345678" },
    "VONAGE_APPLICATION_ID: must be the Vonage application's ID, a UUID such as 29f760f8-7ce1-46c9-ade3-f2dedee4ed5f",
  ],
  [
    "an application without a key",
    { VONAGE_APPLICATION_ID: APPLICATION_ID },
    "VONAGE_PRIVATE_KEY: must be set, because VONAGE_APPLICATION_ID is set",
  ],
  [
    "a key without an application",
    { VONAGE_PRIVATE_KEY: PRIVATE_KEY },
    "VONAGE_APPLICATION_ID: must be set, because VONAGE_PRIVATE_KEY is set",
  ],
  ["a plain URL", { ...OPENTOK, OPENTOK_API_URL: "http://api.opentok.com" }, `OPENTOK_API_URL: ${URL}`],
  [
    "a URL with a password",
    { ...OPENTOK, OPENTOK_API_URL: "https://me:canary@api.opentok.com" },
    `OPENTOK_API_URL: ${URL}`,
  ],
  [
    "a URL with a fragment",
    { ...OPENTOK, OPENTOK_API_URL: "https://api.opentok.com/#" },
    `OPENTOK_API_URL: ${URL}`,
  ],
  ["a host in place of a URL", { ...OPENTOK, OPENTOK_API_URL: "api.opentok.com" }, `OPENTOK_API_URL: ${URL}`],
  [
    "a URL with a query",
    { ...OPENTOK, OPENTOK_API_URL: "https://api.opentok.com?x=1" },
    "OPENTOK_API_URL: must not have a query",
  ],
  [
    "a URL with an empty query",
    { ...OPENTOK, OPENTOK_API_URL: "https://api.opentok.com/?" },
    "OPENTOK_API_URL: must not have a query",
  ],
  [
    "no credentials on PostgreSQL",
    { DATABASE_URL: "postgres://stagepass:canary@db/stagepass" },
    `OPENTOK_API_KEY: ${SHARED}`,
  ],
  [
    "no credentials for the local platform on PostgreSQL",
    { DATABASE_URL: "postgres://stagepass:canary@db/stagepass", PLATFORM: "local" },
    `OPENTOK_API_KEY: ${SHARED}`,
  ],
  ["a URL of FTP", { ...VONAGE, VONAGE_API_URL: "ftp://video.api.vonage.com" }, `VONAGE_API_URL: ${URL}`],
];

/** Credentials and addresses of the platform. */
export const PLATFORM: readonly Wrong[] = CREDENTIALS.map(([what, env, says]) => ({ what, env, says }));
