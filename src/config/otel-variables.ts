import { accessSync, constants } from "node:fs";
import { choice, collectorUrl, wholeNumber } from "./variables.ts";

/** Up to an hour; beyond 2³¹ a timer would fire at once. */
const milliseconds = wholeNumber(1, 3_600_000);
const count = wholeNumber(1, 1_000_000);

/** Settings of an exporter, which have a variant for traces alone. */
export const EXPORTER: Readonly<Record<string, (value: string) => unknown>> = {
  ENDPOINT: collectorUrl,
  PROTOCOL: choice("http/protobuf", "http/json"),
  HEADERS: collectorHeaders,
  TIMEOUT: milliseconds,
  COMPRESSION: choice("gzip", "none"),
  CERTIFICATE: readableFile,
  CLIENT_CERTIFICATE: readableFile,
  CLIENT_KEY: readableFile,
};

/**
 * What a variable of OpenTelemetry may be. The SDK itself replaces a wrong value silently, or, with a batch size of 0, never ends.
 */
export const CHECKS: Readonly<Record<string, (value: string) => unknown>> = {
  OTEL_TRACES_EXPORTER: choice("otlp", "none"),
  OTEL_TRACES_SAMPLER: choice(
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
  ),
  OTEL_TRACES_SAMPLER_ARG: share,
  OTEL_BSP_SCHEDULE_DELAY: milliseconds,
  OTEL_BSP_EXPORT_TIMEOUT: milliseconds,
  OTEL_BSP_MAX_QUEUE_SIZE: count,
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: count,
  ...Object.fromEntries(
    Object.entries(EXPORTER).flatMap(([name, check]) => [
      [`OTEL_EXPORTER_OTLP_${name}`, check],
      [`OTEL_EXPORTER_OTLP_TRACES_${name}`, check],
    ]),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: collectorBase,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: tracesUrl,
};

/** The variables of OpenTelemetry's SDK that count here. It takes others, too, such as those of limits. */
export const OTEL_NAMES: readonly string[] = [
  ...Object.keys(CHECKS),
  "OTEL_SDK_DISABLED",
  "OTEL_SERVICE_NAME",
  "OTEL_RESOURCE_ATTRIBUTES",
];

/** The SDK puts the path after it. */
function collectorBase(value: string): void {
  if (new URL(collectorUrl(value)).pathname.endsWith("/v1/traces"))
    throw new Error("must end before /v1/traces, which is put after it");
}

/** The SDK puts nothing after it. */
function tracesUrl(value: string): void {
  if (new URL(collectorUrl(value)).pathname === "/")
    throw new Error(
      "must have the path of traces, which is mostly /v1/traces; OTEL_EXPORTER_OTLP_ENDPOINT need not",
    );
}

/** The error does not show the value: it may be a credential of the collector's. */
function collectorHeaders(value: string): void {
  for (const header of value.split(",")) {
    const [, encoded = ""] = /^\s*[\w!#$&'*+.^`|~-]+\s*=(.*)$/.exec(header) ?? [];
    if (encoded === "" || !isPercentEncoded(encoded))
      throw new Error("must be headers such as x-key=value, percent-encoded, with commas between them");
  }
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function share(value: string): void {
  if (!/^(0|1|0?\.\d+|[01]\.0+)$/.test(value)) throw new Error("must be a number from 0 to 1, such as 0.1");
}

function readableFile(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new Error(`must be the path of a file that can be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}
