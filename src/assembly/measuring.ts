import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { inlineTraces, type Measuring, UNMEASURED } from "../graphql/studio/studio.ts";
import { usageReports } from "../graphql/studio/usage-reports.ts";
import type { Fetch } from "./outbound.ts";

/** The plugins that report usage. The router of a subgraph reports it instead. */
export async function measuring(
  { federation, usageReporting }: Config,
  fetch: Fetch,
  logger: Logger,
): Promise<Measuring> {
  if (federation) {
    if (usageReporting)
      logger.info("usage is not reported, because with FEDERATION=on the router reports it");
    return inlineTraces();
  }
  if (!usageReporting) return UNMEASURED;
  const { apolloKey, graphRef, endpoint } = usageReporting;
  const key = apolloKey.export().toString("utf8");
  const plugins = await usageReports(endpoint, logger, fetch);
  return { plugins, account: { key, graphRef }, measures: () => true };
}
