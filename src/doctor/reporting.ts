import { once } from "node:events";
import { connect } from "node:net";
import type { Config } from "../config/config.ts";
import { reasonOf } from "../errors.ts";
import type { Finding } from "./finding.ts";

/** The timeout for a connection to the collector, in milliseconds. */
const TIMEOUT = 3000;

/** The targets of traces and usage reports. Only connects to the collector, because it would keep any data. */
export async function lookAtReporting({ tracing, usageReporting }: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (tracing) findings.push(await collectorFinding(tracing.variables));
  if (usageReporting) {
    const { graphRef, endpoint } = usageReporting;
    const says = `usage of ${graphRef} is reported to ${new URL(endpoint).origin}; not tested, because a test would be a report`;
    findings.push({ what: "APOLLO_KEY", ok: null, says });
  }
  return findings;
}

async function collectorFinding(variables: NodeJS.Dict<string>): Promise<Finding> {
  const ofTraces = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
  const what = variables[ofTraces] === undefined ? "OTEL_EXPORTER_OTLP_ENDPOINT" : ofTraces;
  const { origin, hostname, port, protocol } = new URL(variables[what] ?? "");
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const socket = connect({ host, port: Number(port || (protocol === "https:" ? 443 : 80)) });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(TIMEOUT) });
    return { what, ok: true, says: `${origin} accepts connections; no trace was sent` };
  } catch (error) {
    const why = (error as Error).name === "AbortError" ? "it did not answer in time" : reasonOf(error);
    return { what, ok: false, says: `${origin} cannot be reached, so traces are lost: ${why}` };
  } finally {
    socket.destroy();
  }
}
