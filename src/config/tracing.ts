import type { Environment } from "./environment.ts";
import { CHECKS, EXPORTER } from "./otel-variables.ts";
import { choice } from "./variables.ts";

/** How traces reach a collector. */
export interface TracingConfig {
  readonly protocol: "http/protobuf" | "http/json";
  /** The variables for the OpenTelemetry SDK. Some may be secrets. */
  readonly variables: NodeJS.Dict<string>;
}

/** In upper or lower case, as OpenTelemetry allows. */
const trueOrFalse = (value: string) => choice("true", "false")(value.toLowerCase());

/** How traces are sent; null without traces. */
export function tracingOf(env: Environment): TracingConfig | null {
  const exporter = (name: string) =>
    env.get(`OTEL_EXPORTER_OTLP_TRACES_${name}`) ?? env.get(`OTEL_EXPORTER_OTLP_${name}`);
  const isOff = env.read("OTEL_SDK_DISABLED", trueOrFalse) === "true" || env.has("OTEL_TRACES_EXPORTER=none");
  if (isOff) return null;
  if (exporter("ENDPOINT") === undefined) {
    const vain = Object.keys(EXPORTER).map((name) => `OTEL_EXPORTER_OTLP_${name}` as const);
    env.unused("OTEL_EXPORTER_OTLP_ENDPOINT is not set", ...vain);
    return null;
  }
  for (const [name, check] of Object.entries(CHECKS)) env.read(name as `OTEL_${string}`, check);
  if (!env.has("OTEL_TRACES_SAMPLER"))
    env.unused("OTEL_TRACES_SAMPLER is not set", "OTEL_TRACES_SAMPLER_ARG");
  if (/:4317(\/|$)/.test(exporter("ENDPOINT") ?? ""))
    env.note(
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      "has port 4317, which is usually for gRPC; HTTP is usually on port 4318",
    );
  return {
    protocol: exporter("PROTOCOL") === "http/json" ? "http/json" : "http/protobuf",
    variables: env.startingWith("OTEL_"),
  };
}
