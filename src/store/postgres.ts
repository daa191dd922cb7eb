import { PostgresDialect, sql } from "kysely";
import { PATIENCE } from "./deadline.ts";
import type { Engine, Place } from "./engine.ts";
import { openPool, type PostgresOptions } from "./postgres-pool.ts";

/**
 * PostgreSQL, or a database that speaks its protocol. Nothing stays in a connection between transactions: no setting, prepared
 * statement or lock. So a pooler may give each transaction another connection.
 *
 * @throws the reason why PostgreSQL cannot be reached
 */
export async function postgres(options: PostgresOptions): Promise<Engine> {
  const { pool, usage } = await openPool(options);
  return {
    dialect: new PostgresDialect({ pool }),
    readDialect: null,
    parameter: (place) => `$${place}`,
    clock: sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`,
    text: sql`text collate "C"`,
    unlogged: sql`unlogged`,
    position: [sql`bigint`, (column) => column.generatedByDefaultAsIdentity().primaryKey()],
    // Not an equality: PostgreSQL would then drop the column from the order and walk the primary key.
    before: (column, value, position) =>
      sql`${sql.ref(column)} >= ${value} and (${sql.ref(column)}, position) < (${value}, ${position})`,
    // Nor here: with an equal key, it would walk the index of the time alone.
    newest(key, time, from, before) {
      const at = sql.ref(time);
      if (key === null)
        return [sql`${at} >= ${from} and (${at}, position) < (${before.time}, ${before.position})`];
      const of = sql.ref(key[0]);
      return [
        sql`(${of}, ${at}) >= (${key[1]}, ${from}) and (${of}, ${at}, position) < (${key[1]}, ${before.time}, ${before.position})`,
      ];
    },
    // Without the limit, PostgreSQL may read all of a part and sort it.
    part: (query, limit) => sql`(${query} limit ${limit})`,
    // PostgreSQL may estimate that a walk costs more than to read and sort all rows, which gets slow as the table grows.
    walk: (database, query) =>
      database.transaction().execute(async (transaction) => {
        await sql`select ${sql.join(OTHER_WAYS.map(switchedOff))}`.execute(transaction);
        return query.execute(transaction);
      }),
    endsWhenSilent: sql`set_config('idle_in_transaction_session_timeout', ${sql.lit(String(PATIENCE))}, true)`,
    // A statement locks its tables before it takes its snapshot. `for key share` takes a lock that `holdIssuing` excludes; it finds no row.
    seesBans: sql<boolean>`current_setting('transaction_isolation') = 'read committed'
      and not exists (select 1 from bans where false for key share)`,
    // Not of the ledger, whose vacuum would exclude the lock for minutes.
    skippingLocked: sql`for update skip locked`,
    async holdIssuing(transaction) {
      await sql`lock table bans in exclusive mode`.execute(transaction);
    },
    async lockTables(transaction) {
      await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(transaction);
    },
    // Follows the search path as any query does, so it skips schemas that the user may not use.
    async placeOf(database, table) {
      const found = sql<Place>`
        select nspname as schema, coalesce(nspname = current_schema(), false) as "isFirst",
          has_table_privilege(pg_class.oid, 'select') as "isReadable"
        from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where pg_class.oid = to_regclass(${table})`;
      return (await found.execute(database)).rows[0] ?? null;
    },
    pool: usage,
    damage: () => null,
    async settle() {},
  };
}

/**
 * Settings that let PostgreSQL do something other than walk along an index. With sorts off, an unavoidable sort looks so
 * expensive before version 18 that `jit` would compile the query first.
 */
const OTHER_WAYS = ["enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort", "jit"];

/** For this transaction only. */
const switchedOff = (setting: string) => sql`set_config(${sql.lit(setting)}, 'off', true)`;

/** An arbitrary number that no other application in the database uses. */
const MIGRATION_LOCK = 7_823_411_906;
