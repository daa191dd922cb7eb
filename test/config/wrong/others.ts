import type { Wrong } from "./wrong.ts";

const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };
const RANGES =
  "must be comma-separated IP addresses, ranges such as 10.0.0.0/8, or loopback, linklocal, uniquelocal;";

const OTHERS_AS_ROWS: readonly (readonly [Record<string, string>, string])[] = [
  [{ TRUST_PROXY: "true" }, `TRUST_PROXY: ${RANGES} "true" is none of these`],
  [{ TRUST_PROXY: "10.0.0.0/8,proxy" }, `TRUST_PROXY: ${RANGES} "proxy" is none of these`],
  [{ TRUST_PROXY: "0.0.0.0/0" }, `TRUST_PROXY: ${RANGES} "0.0.0.0/0" is none of these`],
  [
    { TRUSTED_DOCUMENTS: "enforce" },
    "TRUSTED_DOCUMENTS_MANIFEST: must be set, because TRUSTED_DOCUMENTS=enforce is set",
  ],
  [{ TRUSTED_DOCUMENTS_MANIFEST: "/nowhere/x.json" }, "TRUSTED_DOCUMENTS_MANIFEST: cannot be read: ENOENT"],
  [
    { TRUSTED_DOCUMENTS: "log", TRUSTED_DOCUMENTS_MANIFEST: "README.md" },
    "TRUSTED_DOCUMENTS_MANIFEST: is not JSON",
  ],
  [{ AUDIT_REQUIRED: "on" }, "AUDIT_LOG: must be set, because AUDIT_REQUIRED=on is set"],
  [{ APOLLO_KEY: "service:my-graph:canary" }, "APOLLO_GRAPH_REF: must be set, because APOLLO_KEY is set"],
  [{ APOLLO_GRAPH_REF: "my-graph@current" }, "APOLLO_KEY: must be set, because APOLLO_GRAPH_REF is set"],
  [
    { APOLLO_KEY: "service:my-graph:canary", APOLLO_GRAPH_REF: "service:my-graph:canary" },
    "APOLLO_GRAPH_REF: must be a graph and its variant, such as my-graph@current",
  ],
  [
    { APOLLO_KEY: "service:my-graph:canary", APOLLO_GRAPH_REF: "other-graph@current" },
    "APOLLO_GRAPH_REF: must name the graph of APOLLO_KEY, which is the part after service:",
  ],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318/v1/traces" },
    "OTEL_EXPORTER_OTLP_ENDPOINT: must not end with /v1/traces, which the SDK appends",
  ],
  [
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://127.0.0.1:4318" },
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: must have the path of traces, usually /v1/traces; or set OTEL_EXPORTER_OTLP_ENDPOINT without it",
  ],
  [
    { ...traces, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
    'OTEL_EXPORTER_OTLP_PROTOCOL: must be one of http/protobuf, http/json; "grpc" was given',
  ],
  [
    { ...traces, OTEL_TRACES_SAMPLER_ARG: "10%" },
    "OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1, such as 0.1",
  ],
  [
    { ...traces, OTEL_EXPORTER_OTLP_HEADERS: "x-key: canary" },
    "OTEL_EXPORTER_OTLP_HEADERS: must be comma-separated headers such as x-key=value, with percent-encoded values",
  ],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" },
    "OTEL_EXPORTER_OTLP_ENDPOINT: must be an http: or https: URL without credentials",
  ],
  [
    { ...traces, OTEL_EXPORTER_OTLP_CERTIFICATE: "no-such-file" },
    "OTEL_EXPORTER_OTLP_CERTIFICATE: must be the path of a readable file: ENOENT",
  ],
  [
    {
      FEDERATION: "on",
      TRUSTED_DOCUMENTS: "enforce",
      TRUSTED_DOCUMENTS_MANIFEST: "console/dist/persisted-documents.json",
    },
    "FEDERATION: cannot be on with TRUSTED_DOCUMENTS=enforce: no manifest contains a router's queries; let the router enforce trusted documents",
  ],
];

/** Proxies, documents, the audit trail, Apollo Studio and traces. */
export const OTHERS: readonly Wrong[] = OTHERS_AS_ROWS.map(([env, says]) => ({
  what: Object.entries(env).at(-1)?.join("=") ?? "",
  env,
  says,
}));
