import {
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
  sql,
} from "kysely";
import pg from "pg";
import { DatabaseUnavailable, reasonOf } from "../errors.ts";
import { Deadline } from "./deadline.ts";
import type { Engine, Place } from "./engine.ts";

/** How the pool of connections is to be. */
export interface PostgresOptions {
  readonly url: string;
  /** The most connections. */
  readonly poolSize: number;
  /** How long one use of a connection may take, the wait for it included, in milliseconds; null sets no limit. */
  readonly patience: number | null;
  /** Is told why a connection that nobody used was lost. */
  readonly onLost: (reason: string) => void;
}

/**
 * PostgreSQL, or what speaks like it. Nothing is left in a connection between transactions, neither a setting nor a
 * prepared statement nor a lock, so that a pooler may give each transaction another one.
 *
 * @throws whatever keeps it from being reached
 */
export async function postgres(options: PostgresOptions): Promise<Engine> {
  const pool = await connect(options);
  return {
    dialect: new PostgresDialect({ pool: lent(pool, options.patience) }),
    readDialect: null,
    parameter: (place) => `$${place}`,
    clock: sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`,
    text: sql`text collate "C"`,
    unlogged: sql`unlogged`,
    position: [sql`bigint`, (column) => column.generatedByDefaultAsIdentity().primaryKey()],
    // Not an equality: PostgreSQL would see that the order by the column means nothing, and walk the primary key.
    before: (column, value, position) =>
      sql`${sql.ref(column)} >= ${value} and (${sql.ref(column)}, position) < (${value}, ${position})`,
    // With the limit, without which PostgreSQL may read all of a part and sort it.
    part: (query, limit) => sql`(${query} limit ${limit})`,
    // A walk can seem dearer than to read all there is and sort it, which takes as long as there is of it.
    walk: (database, query) =>
      database.transaction().execute(async (transaction) => {
        await sql`select ${sql.join(OTHER_WAYS.map(switchedOff))}`.execute(transaction);
        return query.execute(transaction);
      }),
    async lockTables(transaction) {
      await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(transaction);
    },
    // Along the search path, as any query finds it; not along what the user may not use.
    async placeOf(database, table) {
      const found = sql<Place>`
        select nspname as schema, coalesce(nspname = current_schema(), false) as "isFirst"
        from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where pg_class.oid = to_regclass(${table})`;
      return (await found.execute(database)).rows[0] ?? null;
    },
    pool() {
      const { totalCount, idleCount, waitingCount } = pool;
      return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
    },
    damage: () => null,
    async settle() {},
  };
}

/**
 * What PostgreSQL can do instead of walking along an index. Before version 18 a sort that cannot be left out then looks so dear
 * that the query would be compiled first.
 */
const OTHER_WAYS = ["enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort", "jit"];

/** For the transaction alone. */
const switchedOff = (setting: string) => sql`set_config(${sql.lit(setting)}, 'off', true)`;

/** How long a command that takes as long as it takes tries to connect, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;

/** How much sooner than we PostgreSQL gives a statement up, in milliseconds: then the connection is as good as before. */
const HEAD_START = 100;

/** Any number that nobody else in the database takes. */
const MIGRATION_LOCK = 7_823_411_906;

/** What PostgreSQL and poolers say of a parameter that they do not let a connection begin with. */
const PROTOCOL_VIOLATION = "08P01";

async function connect(options: PostgresOptions): Promise<pg.Pool> {
  try {
    return await openPool(options, options.patience && options.patience - HEAD_START);
  } catch (error) {
    if (options.patience === null || (error as { code?: unknown }).code !== PROTOCOL_VIOLATION) throw error;
    // PgBouncer allows no statement_timeout here; then the deadline of our own is the only one.
    return openPool(options, null);
  }
}

async function openPool(
  { url, poolSize, patience, onLost }: PostgresOptions,
  statementTimeout: number | null,
): Promise<pg.Pool> {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    keepAlive: true,
    application_name: "stagepass",
    types: { getTypeParser },
    connectionTimeoutMillis: patience ?? CONNECT_TIMEOUT,
    ...(statementTimeout !== null && { statement_timeout: statementTimeout }),
  });
  // Not the error itself, which has the connection in it.
  pool.on("error", (error) => onLost(reasonOf(error)));
  try {
    // pg's types lack query_timeout, which its client reads.
    const query = { text: "show server_encoding", query_timeout: patience ?? CONNECT_TIMEOUT };
    const { rows } = await pool.query(query);
    const { server_encoding: encoding } = rows[0];
    if (encoding !== "UTF8") throw new Error(`its encoding must be UTF8, and is ${encoding}`);
    return pool;
  } catch (error) {
    // Not awaited: a connection that could not even be begun is waited for without an end.
    void pool.end().catch(() => {});
    throw error;
  }
}

/** Positions, counts and instants are far below 2^53; pg would give them as texts. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: string) =>
  oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as "text");

/**
 * The pool for Kysely, which gives every connection back as good. One that did not answer in time must not be used again:
 * whoever came next would wait behind what was abandoned.
 */
function lent(pool: pg.Pool, patience: number | null): PostgresPool {
  return {
    async connect(): Promise<PostgresPoolClient> {
      const deadline = new Deadline(patience);
      const client = await clientOf(pool, deadline);
      let broken = false;
      // The pool listens only to those that nobody uses, and what nobody listens to ends the process.
      const onError = () => {
        broken = true;
      };
      client.on("error", onError);
      return {
        async query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>> {
          try {
            const limit = patience === null ? {} : { query_timeout: deadline.left };
            const query = { text, values: [...values], ...limit };
            return (await client.query(query)) as unknown as PostgresQueryResult<R>;
          } catch (error) {
            broken ||= !(error instanceof pg.DatabaseError) || error.severity !== "ERROR";
            throw typed(error as Error);
          }
        },
        release() {
          client.release(broken);
          client.off("error", onError);
        },
      } as PostgresPoolClient;
    },
    end: () => pool.end(),
  };
}

/** The pool's own deadline is for each of two steps, a place in the pool and the connection. */
async function clientOf(pool: pg.Pool, deadline: Deadline): Promise<pg.PoolClient> {
  const connecting = pool.connect();
  try {
    return await deadline.within(connecting, () => new DatabaseUnavailable("it does not answer"));
  } catch (error) {
    connecting.then((client) => client.release()).catch(() => {});
    throw typed(error as Error);
  }
}

/** The classes of SQLSTATE that tell of the server, its resources or somebody's intervention, and not of the query. */
const UNAVAILABLE = new Set(["08", "25", "40", "53", "55", "57", "58", "XX"]);

function typed(error: Error): Error {
  if (error instanceof DatabaseUnavailable) return error;
  const ofQuery = error instanceof pg.DatabaseError && !UNAVAILABLE.has(error.code?.slice(0, 2) ?? "");
  return ofQuery ? error : new DatabaseUnavailable(reasonOf(error));
}
