import { GRAPHQL_PATH } from "../http/app.ts";
import type { PoolState } from "../store/engine.ts";
import { codeOf } from "./code.ts";
import { countedTokens } from "./counted-tokens.ts";
import { type Instrument, NO_INSTRUMENT } from "./instrument.ts";
import { createMetrics } from "./metrics.ts";

/**
 * Counts what the server does.
 *
 * @param platform where sessions come from
 * @param pool tells the state of the connections to the database
 * @returns the instrument, and what Prometheus reads, with its media type
 */
export function metering(platform: string, pool: () => PoolState) {
  const metrics = createMetrics(platform, pool);
  const { registry } = metrics;
  const instrument: Instrument = {
    ...NO_INSTRUMENT,

    follow(app) {
      app.addHook("onRequest", (request, reply, next) => {
        if (request.routeOptions.url !== GRAPHQL_PATH) return next();
        const begin = performance.now();
        reply.raw.once("close", () => {
          const { operation, code } = request.summary;
          const label = operation ?? "none";
          metrics.requests.inc({ operation: label, code: code ?? "none" });
          metrics.requestDuration.observe({ operation: label }, seconds(begin));
        });
        next();
      });
    },

    tokens: (tokens) => countedTokens(tokens, metrics.tokens),

    async platformCall(call) {
      const begin = performance.now();
      let result = "OK";
      try {
        return await call({});
      } catch (error) {
        result = codeOf(error);
        throw error;
      } finally {
        metrics.platformCallDuration.observe({ result }, seconds(begin));
      }
    },

    circuit(state) {
      metrics.circuitOpen.set(state === "open" ? 1 : 0);
    },

    committed(records, milliseconds, done) {
      metrics.commitDuration.observe({ result: done ? "OK" : "FAILED" }, milliseconds / 1000);
      if (done) metrics.commitRecords.observe(records);
    },
  };
  return { instrument, read: () => registry.metrics(), mediaType: registry.contentType };
}

function seconds(begin: number): number {
  return (performance.now() - begin) / 1000;
}
