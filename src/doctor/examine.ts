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

/** Looks at one subject of the configuration. It changes nothing. */
export type Check = (config: Config, now: () => Date) => Promise<Finding[]>;

/** In the order in which they are told. */
const CHECKS: Readonly<Record<string, Check>> = {
  proxy: lookAtProxy,
  platform: lookAtPlatform,
  key: lookAtKey,
  database: lookAtDatabase,
  "identity provider": lookAtIdentityProvider,
  ports: lookAtPorts,
  CORS_ORIGINS: lookAtPages,
  TRUSTED_DOCUMENTS: lookAtDocuments,
  AUDIT_LOG: lookAtAuditTrail,
  reporting: lookAtReporting,
};

/** How long a check may take, in milliseconds. What each asks has a shorter deadline of its own. */
const PATIENCE = 7000;

/** Tries what a configuration names, all at once. A check that fails or does not end is a finding, too. */
export async function examine(
  config: Config,
  now: () => Date,
  checks = CHECKS,
  patience = PATIENCE,
): Promise<Finding[]> {
  const found = Object.entries(checks).map(async ([what, check]) => {
    const tooLong = () => new Error(`this did not end within ${patience / 1000} seconds`);
    try {
      return await new Deadline(patience).within(check(config, now), tooLong);
    } catch (error) {
      return findingsOf(error, what);
    }
  });
  return (await Promise.all(found)).flat();
}
