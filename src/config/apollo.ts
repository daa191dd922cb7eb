import { createSecretKey, type KeyObject } from "node:crypto";
import type { Environment } from "./environment.ts";
import { apiUrl, onOrOff } from "./variables.ts";

/** A graph of Apollo Studio. */
export interface UsageReportingConfig {
  /** The secret that identifies the graph to Apollo Studio. */
  readonly apolloKey: KeyObject;
  readonly graphRef: string;
  /** The URL of the reports, without Apollo's path. */
  readonly endpoint: string;
}

/** The graph of the usage reports; null without reports. */
export function usageReportingOf(env: Environment): UsageReportingConfig | null {
  env.require("APOLLO_KEY", "APOLLO_GRAPH_REF", "APOLLO_USAGE_REPORTING_INGRESS_URL");
  env.require("APOLLO_GRAPH_REF", "APOLLO_KEY", "APOLLO_USAGE_REPORTING_INGRESS_URL");
  const apolloKey = env.read("APOLLO_KEY", studioKey);
  const graphRef = env.read("APOLLO_GRAPH_REF", graphAndVariant);
  const [, graph] = /^service:([^:]+):/.exec(env.get("APOLLO_KEY") ?? "") ?? [];
  if (graph !== undefined && graphRef !== null && graphRef.split("@")[0] !== graph)
    env.problem("APOLLO_GRAPH_REF", "must name the graph of APOLLO_KEY, which is the part after service:");
  const endpoint = env.read("APOLLO_USAGE_REPORTING_INGRESS_URL", ingressUrl);
  return apolloKey && graphRef ? { apolloKey, graphRef, endpoint } : null;
}

/** Whether the server is a subgraph of a router. */
export function federationOf(env: Environment): boolean {
  if (env.has("FEDERATION=on") && env.has("TRUSTED_DOCUMENTS=enforce")) {
    env.problem(
      "FEDERATION",
      "cannot be on with TRUSTED_DOCUMENTS=enforce: no manifest contains a router's queries; let the router enforce trusted documents",
    );
  }
  return env.read("FEDERATION", onOrOff);
}

/** The API key of a graph, which is sent in a header. */
function studioKey(value: string): KeyObject {
  if (/^[!-~]{8,}$/.test(value)) return createSecretKey(value, "utf8");
  throw new Error("must be a graph API key of Apollo Studio, such as service:<graph>:…, without white space");
}

/** The error does not show the value: if the two are swapped, it is the key. */
function graphAndVariant(value: string): string {
  if (/^[a-z][\w-]*(@[\w./-]+)?$/i.test(value)) return value;
  throw new Error("must be a graph and its variant, such as my-graph@current");
}

/** The URL of usage reports, with the path, as in Apollo Router, or without it. */
function ingressUrl(value: string): string {
  return apiUrl(value).replace(/\/api\/ingress\/traces$/, "");
}
