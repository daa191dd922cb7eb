import { setTimeout } from "node:timers/promises";
import { ExportResultCode } from "@opentelemetry/core";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-base";
import type { Logger } from "pino";
import type { TracingConfig } from "../config/tracing.ts";
import { VERSION } from "../process/version.ts";
import type { Instrument } from "./instrument.ts";
import { sampling } from "./sampling.ts";
import { tracing } from "./tracing.ts";

/** The longest time for sending the last spans when the server stops, in milliseconds. */
const LAST_EXPORT = 1000;

/** Traces the server's work, and sends the traces in batches to a collector, by OTLP over HTTP. */
export async function otlpTracing(
  { protocol, variables }: TracingConfig,
  logger: Logger,
): Promise<Instrument> {
  // The SDK reads its standard variables only from the process, but these may be in `.env`.
  Object.assign(process.env, variables);
  const { OTLPTraceExporter } =
    protocol === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  const { isChosen, sampler } = sampling(variables);
  const provider = new BasicTracerProvider({
    sampler,
    resource: resourceFromAttributes({ "service.name": "stagepass", "service.version": VERSION }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    spanProcessors: [new BatchSpanProcessor(heeded(new OTLPTraceExporter(), logger))],
  });
  return {
    ...tracing(provider.getTracer("stagepass", VERSION), isChosen),
    async stop() {
      const enough = new AbortController();
      const sent = provider.shutdown().then(
        () => true,
        () => false,
      );
      const late = setTimeout(LAST_EXPORT, false, { signal: enough.signal }).catch(() => false);
      if (!(await Promise.race([sent, late]))) logger.warn("the last traces could not be sent");
      enough.abort();
    },
  };
}

/** Logs when sending fails, and when it works again, but no errors, which may repeat the collector's answers. */
function heeded(exporter: SpanExporter, logger: Logger): SpanExporter {
  let failing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.code === ExportResultCode.FAILED;
        if (failed && !failing) logger.warn("traces cannot be sent to the collector");
        if (!failed && failing) logger.info("traces are sent again");
        failing = failed;
        done(result);
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
