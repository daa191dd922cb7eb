import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { CLAIM_MEMBERS } from "../access/claim-problem.ts";
import { EVENT_NAMES } from "../domain/read-monitoring-event.ts";
import { RemovalReason } from "../domain/removal.ts";
import { COMMIT, VERSION } from "../process/version.ts";
import type { PoolState } from "../store/engine.ts";

/** The upper bounds of duration buckets, in seconds: from one signature to the longest timeout of the platform. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The upper bounds of commit size buckets: from one token to more than a batch of 1000. */
const RECORDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 1500];

/**
 * The metrics of one server, in their own registry. Every label has values from a fixed list: operations are root fields of the
 * schema, and codes are those of docs/errors.md.
 *
 * @param platform the name of the platform.
 * @param pool returns the state of the database connections.
 */
export function createMetrics(platform: string, pool: () => PoolState) {
  const registry = new Registry();
  const registers = [registry];
  // The process and Node.js, including the event loop delay.
  collectDefaultMetrics({ register: registry });

  new Gauge({
    name: "stagepass_info",
    help: "Always 1. The labels are the version, the commit and the platform.",
    labelNames: ["version", "commit", "platform"],
    registers,
  }).set({ version: VERSION, commit: COMMIT, platform }, 1);

  new Gauge({
    name: "stagepass_database_connections",
    help: "Database connections by state: used or idle.",
    labelNames: ["state"],
    registers,
    collect() {
      const { used, idle } = pool();
      this.set({ state: "used" }, used);
      this.set({ state: "idle" }, idle);
    },
  });

  new Gauge({
    name: "stagepass_database_waiting",
    help: "Database requests that wait for a connection.",
    registers,
    collect() {
      this.set(pool().waiting);
    },
  });

  const metrics = {
    registry,

    ready: new Gauge({
      name: "stagepass_ready",
      help: "1 while the server is ready, as /readyz reports; otherwise 0.",
      registers,
    }),

    requests: new Counter({
      name: "stagepass_requests_total",
      help: "GraphQL requests by root field (several, or none without a valid operation) and code: OK, that of the first error, or BROKEN_OFF.",
      labelNames: ["operation", "code"],
      registers,
    }),

    requestDuration: new Histogram({
      name: "stagepass_request_duration_seconds",
      help: "Duration of GraphQL requests, from their headers to the end of the answer.",
      labelNames: ["operation"],
      buckets: SECONDS,
      registers,
    }),

    webhookEvents: new Counter({
      name: "stagepass_webhook_events_total",
      help: "Webhooks by event (other if unknown, none if not read) and outcome: APPLIED, IGNORED, or the code of the refusal.",
      labelNames: ["event", "outcome"],
      registers,
    }),

    tokens: new Counter({
      name: "stagepass_tokens_total",
      help: "Requested tokens by outcome: ISSUED, or the code of the refusal.",
      labelNames: ["role", "format", "outcome"],
      registers,
    }),

    platformCallDuration: new Histogram({
      name: "stagepass_platform_call_duration_seconds",
      help: "Duration of platform calls by result: OK, RATE_LIMITED (by the platform), PLATFORM_REJECTED or PLATFORM_UNAVAILABLE.",
      labelNames: ["result"],
      buckets: SECONDS,
      registers,
    }),

    circuitOpen: new Gauge({
      name: "stagepass_platform_circuit_open",
      help: "1 while the circuit breaker is open because the platform keeps failing; otherwise 0.",
      registers,
    }),

    commitDuration: new Histogram({
      name: "stagepass_ledger_commit_duration_seconds",
      help: "Duration of ledger commits by result: OK or FAILED.",
      labelNames: ["result"],
      buckets: SECONDS,
      registers,
    }),

    commitRecords: new Histogram({
      name: "stagepass_ledger_commit_records",
      help: "Tokens that each ledger commit recorded.",
      buckets: RECORDS,
      registers,
    }),

    purged: new Counter({
      name: "stagepass_ledger_purged_total",
      help: "Ledger records that this server deleted because they were older than LEDGER_RETENTION_DAYS.",
      registers,
    }),

    unreadableClaims: new Counter({
      name: "stagepass_unreadable_claims_total",
      help: "Unreadable claims of genuine credentials, which grant nothing, counted each time the credential is read.",
      labelNames: ["member"],
      registers,
    }),

    removals: new Counter({
      name: "stagepass_removals_total",
      help: "Attempts to remove a participant by reason and outcome: CONFIRMED, or the code of the failure.",
      labelNames: ["reason", "outcome"],
      registers,
    }),

    removalsPending: new Gauge({
      name: "stagepass_removals_pending",
      help: "Participants that must leave, until the platform confirms that they have. All replicas report the same number.",
      registers,
    }),

    clockSkew: new Gauge({
      name: "stagepass_clock_skew_seconds",
      help: "How far this server's clock is ahead of PostgreSQL's; 0 on SQLite.",
      registers,
    }),
  };
  // Series start at 0, because increase() of Prometheus misses the first event of a new series.
  for (const result of ["OK", "RATE_LIMITED", "PLATFORM_REJECTED", "PLATFORM_UNAVAILABLE"])
    metrics.platformCallDuration.zero({ result });
  for (const result of ["OK", "FAILED"]) metrics.commitDuration.zero({ result });
  for (const reason of Object.values(RemovalReason))
    metrics.removals.inc({ reason, outcome: "CONFIRMED" }, 0);
  for (const event of EVENT_NAMES) metrics.webhookEvents.inc({ event, outcome: "APPLIED" }, 0);
  for (const member of CLAIM_MEMBERS) metrics.unreadableClaims.inc({ member }, 0);
  return metrics;
}

export type Metrics = ReturnType<typeof createMetrics>;
