import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import pg from "pg";
import { DatabaseUnavailable, reasonOf } from "../errors.ts";
import { Deadline } from "./deadline.ts";
import type { PoolState } from "./engine.ts";
import { explained } from "./postgres-advice.ts";
import { cancel } from "./postgres-cancel.ts";
import { clientTo, Hosts } from "./postgres-hosts.ts";
import type { PostgresAddress } from "./postgres-url.ts";

/** Options of the connection pool. */
export interface PostgresOptions {
  readonly address: PostgresAddress;
  /** The most connections. */
  readonly poolSize: number;
  /** The limit for one use of a connection, including the wait for it, in milliseconds; null for no limit. */
  readonly patience: number | null;
  /** Receives the reason when an idle connection is lost. */
  readonly onLost: (reason: string) => void;
}

/** How long a command without a time limit tries to connect to a host, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;

/** How much earlier PostgreSQL's own timeout ends a statement, in milliseconds, so that the connection stays usable. */
const HEAD_START = 100;

/** The SQLSTATE with which PostgreSQL and poolers refuse a startup parameter. */
const PROTOCOL_VIOLATION = "08P01";

/** Opens a pool for Kysely and checks that one connection works. */
export async function openPool(options: PostgresOptions) {
  const { patience } = options;
  try {
    return await open(options, patience && patience - HEAD_START);
  } catch (error) {
    if (patience === null || codeOf(error) !== PROTOCOL_VIOLATION) throw error;
    // PgBouncer refuses statement_timeout as a startup parameter. Without it, only our own deadline applies.
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
  // Only the reason, because the error contains the connection.
  pool.on("error", (error) => onLost(reasonOf(error)));
  try {
    (await acquire(pool, hosts, new Deadline(patience))).release();
  } catch (error) {
    // Not awaited: the pool would wait forever for a connection that never began.
    void pool.end().catch(() => {});
    throw error;
  }
  const usage = (): PoolState => {
    const { totalCount, idleCount, waitingCount } = pool;
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  };
  return { pool: lent(pool, hosts, patience), usage };
}

/** Parses `bigint` as a number, where pg would return text. Positions, counts and instants are far below 2^53. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: string) =>
  oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as "text");

/**
 * The pool for Kysely, which returns every connection as usable. A connection that did not answer in time is not used again:
 * the next query would wait behind the abandoned one.
 */
function lent(pool: pg.Pool, hosts: Hosts, patience: number | null): PostgresPool {
  return {
    async connect(): Promise<PostgresPoolClient> {
      const deadline = new Deadline(patience);
      const client = await acquireWithin(pool, hosts, deadline);
      let broken = false;
      let unreplicated = false;
      // The pool listens only to idle connections.
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
            // A missing answer counts against the server only if it had enough time.
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
 * The routine of PostgreSQL that warns when the wait for the synchronous standby was canceled. The statement still succeeds:
 * it is committed here, but a failover may lose it.
 */
const REPLICATION_WAIT = "SyncRepWaitForLSN";

/** Gets a connection before the deadline. The pool's own timeout applies to the wait and to the connection separately. */
async function acquireWithin(pool: pg.Pool, hosts: Hosts, deadline: Deadline): Promise<pg.PoolClient> {
  const acquiring = acquire(pool, hosts, deadline);
  try {
    return await deadline.within(acquiring, () => new DatabaseUnavailable("it did not answer in time"));
  } catch (error) {
    acquiring.then((client) => client.release()).catch(() => {});
    throw typed(error as Error);
  }
}

/** How early a timer may fire, in milliseconds: by the lag of the event loop when the timer was set. */
const TIMERS_EARLY = 100;

/** Gets a trusted connection. Tries each host once until the deadline, and then fails with the reasons of all. */
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

/** SQLSTATEs of a faulty connection or server, not of the query; 25006 is a read-only session. */
const FAULTS = /^(08|57P|58|XX|25006$)/;

function isFault(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return false;
  return !(error instanceof pg.DatabaseError) || error.severity !== "ERROR" || FAULTS.test(error.code ?? "");
}

/** The SQLSTATE classes of problems with the server, its resources or an intervention, not with the query. */
const UNAVAILABLE = new Set(["08", "25", "40", "53", "55", "57", "58", "XX"]);

function typed(error: Error): Error {
  if (error instanceof DatabaseUnavailable) return error;
  const ofQuery = error instanceof pg.DatabaseError && !UNAVAILABLE.has(codeOf(error)?.slice(0, 2) ?? "");
  return ofQuery ? error : new DatabaseUnavailable(reasonOf(error));
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | null)?.code;
}
