import type { Config } from "../config/config.ts";
import { Deadline } from "../store/deadline.ts";
import { lookAtAuditTrail } from "./audit-trail.ts";
import { lookAtDatabase } from "./database.ts";
import { lookAtDocuments } from "./documents.ts";
import { type Finding, findingsOf } from "./finding.ts";
import { lookAtIdentityProvider } from "./identity-provider.ts";
import { lookAtKey } from "./key.ts";
import { lookAtPages } from "./pages.ts";
import { lookAtPlatform } from "./platform.ts";
import { lookAtPorts } from "./ports.ts";
import { lookAtProxy } from "./proxy.ts";
import { lookAtReporting } from "./reporting.ts";
import { lookAtWebhooks } from "./webhooks.ts";

/** Tests one part of the configuration. Changes nothing. */
export type Check = (config: Config, now: () => Date) => Promise<Finding[]>;

/** The checks, in the order of the output. */
const CHECKS: Readonly<Record<string, Check>> = {
  proxy: lookAtProxy,
  platform: lookAtPlatform,
  key: lookAtKey,
  WEBHOOK_SECRET: lookAtWebhooks,
  database: lookAtDatabase,
  "identity provider": lookAtIdentityProvider,
  ports: lookAtPorts,
  CORS_ORIGINS: lookAtPages,
  TRUSTED_DOCUMENTS: lookAtDocuments,
  AUDIT_LOG: lookAtAuditTrail,
  reporting: lookAtReporting,
};

/** The longest duration of a check, in milliseconds. Each call in a check has a shorter deadline. */
const PATIENCE = 7000;

/** Runs all checks of a configuration at once. A check that fails or does not end becomes a finding. */
export async function examine(
  config: Config,
  now: () => Date,
  checks = CHECKS,
  patience = PATIENCE,
): Promise<Finding[]> {
  const found = Object.entries(checks).map(async ([what, check]) => {
    const tooLong = () => new Error(`the test did not end within ${patience / 1000} seconds`);
    try {
      return await new Deadline(patience).within(check(config, now), tooLong);
    } catch (error) {
      return findingsOf(error, what);
    }
  });
  return (await Promise.all(found)).flat();
}
