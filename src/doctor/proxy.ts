import type { Config } from "../config/config.ts";
import type { Finding } from "./finding.ts";

/** Which proxy is used. What is called through it tells whether it works. */
export async function lookAtProxy({ proxy }: Config): Promise<Finding[]> {
  if (proxy === null) return [];
  const but = proxy.noProxy === "" ? "" : ` and ${proxy.noProxy}`;
  const says = `calls to other machines go through ${proxy.origin}, but to this machine${but}; PostgreSQL and traces do not`;
  return [{ what: proxy.variable, ok: true, says }];
}
