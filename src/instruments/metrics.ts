import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { CLAIM_MEMBERS } from "../access/claim-problem.ts";
import { COMMIT, VERSION } from "../process/version.ts";
import type { PoolState } from "../store/engine.ts";

/** What each bucket of a duration holds at most, in seconds: from a signature to the longest deadline of a call to the platform. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What each bucket of a commit's size holds at most: from one token to a thousand in one request, and some more. */
const RECORDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 1500];

/**
 * The metrics of one server, in a registry of its own. Every label has values from a list that is ours: operations are root fields
 * of the schema, codes are those of docs/errors.md.
 *
 * @param platform where sessions come from
 * @param pool tells the state of the connections to the database
 */
export function createMetrics(platform: string, pool: () => PoolState) {
  const registry = new Registry();
  const registers = [registry];
  // The process and Node.js, the delay of the event loop among it.
  collectDefaultMetrics({ register: registry });

  new Gauge({
    name: "stagepass_info",
    help: "1, for what its labels say.",
    labelNames: ["version", "commit", "platform"],
    registers,
  }).set({ version: VERSION, commit: COMMIT, platform }, 1);

  new Gauge({
    name: "stagepass_database_connections",
    help: "Connections to the database, by whether they are in use.",
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
    help: "Uses of the database that wait for a connection.",
    registers,
    collect() {
      this.set(pool().waiting);
    },
  });

  const metrics = {
    registry,

    ready: new Gauge({
      name: "stagepass_ready",
      help: "1 while the server can serve, as /readyz says.",
      registers,
    }),

    requests: new Counter({
      name: "stagepass_requests_total",
      help: "Requests to GraphQL, by root field (several, or none where no valid operation was known) and by code: OK, that of the first error, or BROKEN_OFF.",
      labelNames: ["operation", "code"],
      registers,
    }),

    requestDuration: new Histogram({
      name: "stagepass_request_duration_seconds",
      help: "How long requests to GraphQL took, from their headers to the end of the answer.",
      labelNames: ["operation"],
      buckets: SECONDS,
      registers,
    }),

    tokens: new Counter({
      name: "stagepass_tokens_total",
      help: "Tokens that were asked for, by outcome: ISSUED, or the code of the refusal.",
      labelNames: ["role", "format", "outcome"],
      registers,
    }),

    platformCallDuration: new Histogram({
      name: "stagepass_platform_call_duration_seconds",
      help: "How long calls to the platform took, by result: OK, RATE_LIMITED (by the platform), PLATFORM_REJECTED or PLATFORM_UNAVAILABLE.",
      labelNames: ["result"],
      buckets: SECONDS,
      registers,
    }),

    circuitOpen: new Gauge({
      name: "stagepass_platform_circuit_open",
      help: "1 while the platform is left alone because it keeps failing.",
      registers,
    }),

    commitDuration: new Histogram({
      name: "stagepass_ledger_commit_duration_seconds",
      help: "How long commits of the ledger took, by result: OK or FAILED.",
      labelNames: ["result"],
      buckets: SECONDS,
      registers,
    }),

    commitRecords: new Histogram({
      name: "stagepass_ledger_commit_records",
      help: "How many tokens each commit of the ledger recorded.",
      buckets: RECORDS,
      registers,
    }),

    purged: new Counter({
      name: "stagepass_ledger_purged_total",
      help: "Records of the ledger that this server forgot because they were older than LEDGER_RETENTION_DAYS.",
      registers,
    }),

    unreadableClaims: new Counter({
      name: "stagepass_unreadable_claims_total",
      help: "Claims of genuine credentials that could not be read and gave nothing, each time that such a credential was read.",
      labelNames: ["member"],
      registers,
    }),

    clockSkew: new Gauge({
      name: "stagepass_clock_skew_seconds",
      help: "How far the clock of this server is ahead of PostgreSQL's; 0 on SQLite, which has no other clock.",
      registers,
    }),
  };
  // What has not happened yet is 0, and not absent: increase() does not see the first of what was not there before.
  for (const result of ["OK", "RATE_LIMITED", "PLATFORM_REJECTED", "PLATFORM_UNAVAILABLE"])
    metrics.platformCallDuration.zero({ result });
  for (const result of ["OK", "FAILED"]) metrics.commitDuration.zero({ result });
  for (const member of CLAIM_MEMBERS) metrics.unreadableClaims.inc({ member }, 0);
  return metrics;
}

export type Metrics = ReturnType<typeof createMetrics>;
