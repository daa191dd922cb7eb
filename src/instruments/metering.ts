import { GRAPHQL_PATH } from "../http/app.ts";
import { WEBHOOK_PATH } from "../http/webhooks.ts";
import type { PoolState } from "../store/engine.ts";
import { codeOf } from "./code.ts";
import { countedTokens } from "./counted-tokens.ts";
import { type Instrument, NO_INSTRUMENT } from "./instrument.ts";
import { createMetrics } from "./metrics.ts";

/**
 * Creates the metrics of the server.
 *
 * @param platform the name of the platform.
 * @param pool returns the state of the database connections.
 * @returns the instrument, and the metrics for Prometheus with their media type.
 */
export function metering(platform: string, pool: () => PoolState) {
  const metrics = createMetrics(platform, pool);
  const { registry } = metrics;
  const instrument: Instrument = {
    ...NO_INSTRUMENT,

    requestEnded({ routeOptions, summary: { operation, code } }, { milliseconds }) {
      const label = operation ?? "none";
      if (routeOptions.url === WEBHOOK_PATH)
        metrics.webhookEvents.inc({ event: label, outcome: code ?? "none" });
      if (routeOptions.url !== GRAPHQL_PATH) return;
      metrics.requests.inc({ operation: label, code: code ?? "none" });
      metrics.requestDuration.observe({ operation: label }, milliseconds / 1000);
    },

    tokens: (tokens) => countedTokens(tokens, metrics.tokens),

    async platformCall(_method, _route, call) {
      const begin = performance.now();
      let result = "OK";
      try {
        return await call({});
      } catch (error) {
        result = codeOf(error);
        throw error;
      } finally {
        metrics.platformCallDuration.observe({ result }, (performance.now() - begin) / 1000);
      }
    },

    circuit(state) {
      metrics.circuitOpen.set(state === "open" ? 1 : 0);
    },

    committed(records, milliseconds, done) {
      metrics.commitDuration.observe({ result: done ? "OK" : "FAILED" }, milliseconds / 1000);
      if (done) metrics.commitRecords.observe(records);
    },

    purged: (records) => metrics.purged.inc(records),

    unreadableClaim: (member) => metrics.unreadableClaims.inc({ member }),

    removal: (reason, failure) =>
      metrics.removals.inc({ reason, outcome: failure === null ? "CONFIRMED" : codeOf(failure) }),

    removalsPending: (count) => metrics.removalsPending.set(count),

    clockSkew: (milliseconds) => metrics.clockSkew.set(milliseconds / 1000),
  };
  const read = (ready: boolean) => {
    metrics.ready.set(ready ? 1 : 0);
    return registry.metrics();
  };
  return { instrument, read, mediaType: registry.contentType };
}
