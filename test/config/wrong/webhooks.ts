import { JWT_SECRET } from "../../support/callers.ts";
import { API_SECRET, OPENTOK, PROJECT } from "../../support/credentials.ts";
import type { Wrong } from "./wrong.ts";

const WEBHOOK_SECRET = "canary-of-webhooks-canary-of-webhooks";
const URL_RULE = "must be an http: or https: URL without credentials or fragment";

const urls = ["127.0.0.1:3000", "ftp://127.0.0.1/", "http://me:canary@app/", "http://app/#part", "/webhooks"];

/** Secrets and the address of the platform's events. */
export const WEBHOOKS: readonly Wrong[] = [
  {
    what: "a secret of 51 characters",
    env: { WEBHOOK_SECRET: "a1".repeat(26).slice(1) },
    says: "WEBHOOK_SECRET: must have at most 50 characters, as the platform allows; make one with: openssl rand -hex 24",
  },
  {
    what: "a previous secret alone",
    env: { WEBHOOK_SECRET_PREVIOUS: WEBHOOK_SECRET },
    says: "WEBHOOK_SECRET: must be set, because WEBHOOK_SECRET_PREVIOUS is set",
  },
  {
    what: "the same secret twice",
    env: { WEBHOOK_SECRET, WEBHOOK_SECRET_PREVIOUS: WEBHOOK_SECRET },
    says: "WEBHOOK_SECRET_PREVIOUS: must differ from WEBHOOK_SECRET",
  },
  {
    what: "the secret of callers' JWTs",
    env: { AUTH_JWT_SECRET: JWT_SECRET, WEBHOOK_SECRET: JWT_SECRET },
    says: "WEBHOOK_SECRET: must differ from AUTH_JWT_SECRET",
  },
  {
    what: "the project's secret as the previous one",
    env: { ...OPENTOK, WEBHOOK_SECRET, WEBHOOK_SECRET_PREVIOUS: API_SECRET },
    says: "WEBHOOK_SECRET_PREVIOUS: must differ from OPENTOK_API_SECRET",
  },
  {
    what: "a receiver without a secret",
    env: { ...PROJECT, LOCAL_WEBHOOK_URL: "http://127.0.0.1:3000/events" },
    says: "WEBHOOK_SECRET: must be set, because the server at LOCAL_WEBHOOK_URL needs it to verify events; make one with: openssl rand -hex 24",
  },
  ...urls.map((LOCAL_WEBHOOK_URL) => ({
    what: `LOCAL_WEBHOOK_URL=${LOCAL_WEBHOOK_URL}`,
    env: { WEBHOOK_SECRET, LOCAL_WEBHOOK_URL },
    says: `LOCAL_WEBHOOK_URL: ${URL_RULE}`,
  })),
];
