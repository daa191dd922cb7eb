import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import type { PoolState } from "../store/engine.ts";
import { both, type Instrument, NO_INSTRUMENT } from "./instrument.ts";

/** The metrics for Prometheus. */
export interface Readings {
  /** @param ready whether the server can serve, as `/readyz` says */
  read(ready: boolean): Promise<string>;
  readonly mediaType: string;
}

/**
 * Creates the configured instruments. Libraries of other instruments are not loaded.
 *
 * @param pool returns the state of the database connections.
 * @returns the instrument, and the metrics to serve; null when metrics are off.
 */
export async function createInstruments(
  { metrics, tracing, platform }: Config,
  pool: () => PoolState,
  logger: Logger,
): Promise<{ instrument: Instrument; readings: Readings | null }> {
  const meter = metrics && (await import("./metering.ts")).metering(platform.name, pool);
  const tracer = tracing && (await (await import("./otlp.ts")).otlpTracing(tracing, logger));
  const instruments = [meter?.instrument, tracer].filter((instrument) => instrument != null);
  return {
    instrument: instruments.length === 0 ? NO_INSTRUMENT : instruments.reduce(both),
    readings: meter,
  };
}
