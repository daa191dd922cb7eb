import { accessSync, constants } from "node:fs";
import { choice, collectorUrl, wholeNumber } from "./variables.ts";

/** At most one hour: a timer of more than 2³¹ ms fires at once. */
const milliseconds = wholeNumber(1, 3_600_000);
const count = wholeNumber(1, 1_000_000);

/** Settings of an exporter. Each also has a variable for traces only. */
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
 * Checks of OpenTelemetry's variables. The SDK silently replaces invalid values, and never ends with a batch size of 0.
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

/** The known variables of the OpenTelemetry SDK. It also reads others, such as its limits. */
export const OTEL_NAMES: readonly string[] = [
  ...Object.keys(CHECKS),
  "OTEL_SDK_DISABLED",
  "OTEL_SERVICE_NAME",
  "OTEL_RESOURCE_ATTRIBUTES",
];

/** The SDK appends the path. */
function collectorBase(value: string): void {
  if (new URL(collectorUrl(value)).pathname.endsWith("/v1/traces"))
    throw new Error("must not end with /v1/traces, which the SDK appends");
}

/** The SDK appends nothing. */
function tracesUrl(value: string): void {
  if (new URL(collectorUrl(value)).pathname === "/")
    throw new Error(
      "must have the path of traces, usually /v1/traces; or set OTEL_EXPORTER_OTLP_ENDPOINT without it",
    );
}

/** The error does not show the value, which may be a credential. */
function collectorHeaders(value: string): void {
  for (const header of value.split(",")) {
    const [, encoded = ""] = /^\s*[\w!#$&'*+.^`|~-]+\s*=(.*)$/.exec(header) ?? [];
    if (encoded === "" || !isPercentEncoded(encoded))
      throw new Error("must be comma-separated headers such as x-key=value, with percent-encoded values");
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
    throw new Error(`must be the path of a readable file: ${(error as NodeJS.ErrnoException).code}`);
  }
}
