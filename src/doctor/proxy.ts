import type { Config } from "../config/config.ts";
import type { Finding } from "./finding.ts";

/** The proxy in use. The calls through it show whether it works. */
export async function lookAtProxy({ proxy }: Config): Promise<Finding[]> {
  if (proxy === null) return [];
  const but = proxy.noProxy === "" ? "" : ` and ${proxy.noProxy}`;
  const says = `calls go through ${proxy.origin}, except to this machine${but}; PostgreSQL and traces do not`;
  return [{ what: proxy.variable, ok: true, says }];
}
