import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import pg from "pg";
import { DatabaseUnavailable, reasonOf } from "../errors.ts";
import { Deadline } from "./deadline.ts";
import type { PoolState } from "./engine.ts";
import { explained } from "./postgres-advice.ts";
import { cancel } from "./postgres-cancel.ts";
import { clientTo, Hosts } from "./postgres-hosts.ts";
import type { PostgresAddress } from "./postgres-url.ts";

/** How the pool of connections is to be. */
export interface PostgresOptions {
  readonly address: PostgresAddress;
  /** The most connections. */
  readonly poolSize: number;
  /** How long one use of a connection may take, the wait for it included, in milliseconds; null sets no limit. */
  readonly patience: number | null;
  /** Is told why a connection that nobody used was lost. */
  readonly onLost: (reason: string) => void;
}

/** How long a command that takes as long as it takes tries to connect to a host, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;

/** How much sooner than we PostgreSQL gives a statement up, in milliseconds: then the connection is as good as before. */
const HEAD_START = 100;

/** What PostgreSQL and poolers say of a parameter that they do not let a connection begin with. */
const PROTOCOL_VIOLATION = "08P01";

/** A pool for Kysely, with one connection that works. */
export async function openPool(options: PostgresOptions) {
  const { patience } = options;
  try {
    return await open(options, patience && patience - HEAD_START);
  } catch (error) {
    if (patience === null || codeOf(error) !== PROTOCOL_VIOLATION) throw error;
    // PgBouncer allows no statement_timeout here; then the deadline of our own is the only one.
    return open(options, null);
  }
}

async function open(
  { address, poolSize, patience, onLost }: PostgresOptions,
  statementTimeout: number | null,
) {
  const hosts = new Hosts(address.hosts);
  const pool = new pg.Pool({
    Client: clientTo(hosts, address, patience === null ? CONNECT_TIMEOUT : patience / hosts.count),
    max: poolSize,
    keepAlive: true,
    types: { getTypeParser },
    connectionTimeoutMillis: patience ?? CONNECT_TIMEOUT,
    ...(statementTimeout !== null && { statement_timeout: statementTimeout }),
  });
  // Not the error itself, which has the connection in it.
  pool.on("error", (error) => onLost(reasonOf(error)));
  try {
    (await acquire(pool, hosts, new Deadline(patience))).release();
  } catch (error) {
    // Not awaited: a connection that could not even be begun is waited for without an end.
    void pool.end().catch(() => {});
    throw error;
  }
  const usage = (): PoolState => {
    const { totalCount, idleCount, waitingCount } = pool;
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  };
  return { pool: lent(pool, hosts, patience), usage };
}

/** Positions, counts and instants are far below 2^53; pg would give them as texts. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: string) =>
  oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as "text");

/**
 * The pool for Kysely, which gives every connection back as good. One that did not answer in time must not be used again:
 * whoever came next would wait behind what was abandoned.
 */
function lent(pool: pg.Pool, hosts: Hosts, patience: number | null): PostgresPool {
  return {
    async connect(): Promise<PostgresPoolClient> {
      const deadline = new Deadline(patience);
      const client = await acquireWithin(pool, hosts, deadline);
      let broken = false;
      let unreplicated = false;
      // The pool listens only to those that nobody uses.
      const onError = () => {
        broken = true;
      };
      const onNotice = ({ routine }: { routine: string | undefined }) => {
        unreplicated ||= routine === REPLICATION_WAIT;
      };
      client.on("error", onError);
      client.on("notice", onNotice);
      return {
        async query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>> {
          const given = deadline.left;
          try {
            const limit = patience === null ? {} : { query_timeout: given };
            const query = { text, values: [...values], ...limit };
            const result = (await client.query(query)) as unknown as PostgresQueryResult<R>;
            if (unreplicated) throw new DatabaseUnavailable("a commit did not reach the synchronous standby");
            return result;
          } catch (error) {
            const unanswered =
              !broken && !(error instanceof pg.DatabaseError || error instanceof DatabaseUnavailable);
            if (unanswered) cancel(client);
            broken ||= isFault(error);
            // No answer says something of the server only if it had the time for one.
            if (isFault(error) && (patience === null || given > patience / 2)) hosts.distrust(client);
            throw typed(error as Error);
          }
        },
        release() {
          client.release(broken || !hosts.trusts(client));
          client.off("error", onError);
          client.off("notice", onNotice);
        },
      } as PostgresPoolClient;
    },
    end: () => pool.end(),
  };
}

/**
 * Where PostgreSQL says that the wait for the synchronous standby was cancelled. That is a mere warning, and the statement
 * succeeds: it is committed here, and may be lost in a failover.
 */
const REPLICATION_WAIT = "SyncRepWaitForLSN";

/** The pool's own deadline is for each of two steps, a place in the pool and the connection. */
async function acquireWithin(pool: pg.Pool, hosts: Hosts, deadline: Deadline): Promise<pg.PoolClient> {
  const acquiring = acquire(pool, hosts, deadline);
  try {
    return await deadline.within(acquiring, () => new DatabaseUnavailable("it does not answer"));
  } catch (error) {
    acquiring.then((client) => client.release()).catch(() => {});
    throw typed(error as Error);
  }
}

/** How early a timer may fire, in milliseconds: by as much as the event loop was behind when it was set. */
const TIMERS_EARLY = 100;

/** A connection that is trusted. Every host is tried once before this fails, with the reasons of all; after the deadline none is. */
async function acquire(pool: pg.Pool, hosts: Hosts, deadline: Deadline): Promise<pg.PoolClient> {
  const reasons: string[] = [];
  for (;;) {
    try {
      const client = await pool.connect();
      if (hosts.trusts(client)) return client;
      client.release(true);
    } catch (error) {
      reasons.push(explained(error));
      if (hosts.count === 1 || codeOf(error) === PROTOCOL_VIOLATION) throw error;
      if (reasons.length === hosts.count || deadline.left < TIMERS_EARLY)
        throw new DatabaseUnavailable(reasons.join("; "));
    }
  }
}

/** What tells that the connection or its server is at fault, and not the query; 25006 says that the session is read-only. */
const FAULTS = /^(08|57P|58|XX|25006$)/;

function isFault(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return false;
  return !(error instanceof pg.DatabaseError) || error.severity !== "ERROR" || FAULTS.test(error.code ?? "");
}

/** The classes of SQLSTATE that tell of the server, its resources or somebody's intervention, and not of the query. */
const UNAVAILABLE = new Set(["08", "25", "40", "53", "55", "57", "58", "XX"]);

function typed(error: Error): Error {
  if (error instanceof DatabaseUnavailable) return error;
  const ofQuery = error instanceof pg.DatabaseError && !UNAVAILABLE.has(codeOf(error)?.slice(0, 2) ?? "");
  return ofQuery ? error : new DatabaseUnavailable(reasonOf(error));
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | null)?.code;
}
