import { accessSync, constants } from "node:fs";
import { collectorUrl, oneOf, wholeNumber } from "./variables.ts";

/** How traces are sent to a collector. */
export interface TracingConfig {
  readonly protocol: "http/protobuf" | "http/json";
  /** The variables of OpenTelemetry, which its SDK reads. Some may be secrets. */
  readonly variables: NodeJS.Dict<string>;
}

const protocol = oneOf("http/protobuf", "http/json");
/** A longer delay than any that helps; beyond 2³¹ a timer would fire at once. */
const milliseconds = wholeNumber(1, 3_600_000);
const count = wholeNumber(1, 1_000_000);

/** Those of an exporter, which may be set for traces alone, too. */
const EXPORTER: Readonly<Record<string, (value: string) => unknown>> = {
  ENDPOINT: collectorUrl,
  PROTOCOL: protocol,
  HEADERS: collectorHeaders,
  TIMEOUT: milliseconds,
  COMPRESSION: oneOf("gzip", "none"),
  CERTIFICATE: readableFile,
  CLIENT_CERTIFICATE: readableFile,
  CLIENT_KEY: readableFile,
};

/**
 * What a variable of OpenTelemetry may be. The SDK itself goes on with something else where one is wrong, or, with batches of
 * none, for ever.
 */
const CHECKS: Readonly<Record<string, (value: string) => unknown>> = {
  OTEL_TRACES_EXPORTER: oneOf("otlp", "none"),
  OTEL_TRACES_SAMPLER: oneOf(
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
};

/** What is wrong with the variables of OpenTelemetry, one line each; nothing where no traces are made. */
export function tracingProblems(set: NodeJS.Dict<string>): string[] {
  if (!isOn(set)) return [];
  return Object.entries(CHECKS).flatMap(([name, check]) => {
    const value = set[name];
    if (value === undefined) return [];
    try {
      check(value);
      return [];
    } catch (error) {
      return `${name}: ${(error as Error).message}`;
    }
  });
}

/** How traces are made, by variables without problems; null when none are. */
export function tracingOf(set: NodeJS.Dict<string>): TracingConfig | null {
  if (!isOn(set)) return null;
  const named = set.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? set.OTEL_EXPORTER_OTLP_PROTOCOL;
  const variables = Object.entries(set).filter(([name]) => name.startsWith("OTEL_"));
  return { protocol: protocol(named ?? "http/protobuf"), variables: Object.fromEntries(variables) };
}

function isOn(set: NodeJS.Dict<string>): boolean {
  const endpoint = set.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? set.OTEL_EXPORTER_OTLP_ENDPOINT;
  const off = set.OTEL_SDK_DISABLED?.toLowerCase() === "true" || set.OTEL_TRACES_EXPORTER === "none";
  return endpoint !== undefined && !off;
}

/** Not what was given is said: it may be a credential of the collector's. */
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
