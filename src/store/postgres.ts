import { PostgresDialect, sql } from "kysely";
import type { Engine, Place } from "./engine.ts";
import { openPool, type PostgresOptions } from "./postgres-pool.ts";

/**
 * PostgreSQL, or what speaks like it. Nothing is left in a connection between transactions, neither a setting nor a
 * prepared statement nor a lock, so that a pooler may give each transaction another one.
 *
 * @throws whatever keeps it from being reached
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
    // Not an equality: PostgreSQL would see that the order by the column means nothing, and walk the primary key.
    before: (column, value, position) =>
      sql`${sql.ref(column)} >= ${value} and (${sql.ref(column)}, position) < (${value}, ${position})`,
    // Nor here: with the key equal, it would walk the index of the time alone.
    newest(key, time, from, before) {
      const at = sql.ref(time);
      if (key === null)
        return [sql`${at} >= ${from} and (${at}, position) < (${before.time}, ${before.position})`];
      const of = sql.ref(key[0]);
      return [
        sql`(${of}, ${at}) >= (${key[1]}, ${from}) and (${of}, ${at}, position) < (${key[1]}, ${before.time}, ${before.position})`,
      ];
    },
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
 * What PostgreSQL can do instead of walking along an index. Before version 18 a sort that cannot be left out then looks so dear
 * that the query would be compiled first.
 */
const OTHER_WAYS = ["enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort", "jit"];

/** For the transaction alone. */
const switchedOff = (setting: string) => sql`set_config(${sql.lit(setting)}, 'off', true)`;

/** Any number that nobody else in the database takes. */
const MIGRATION_LOCK = 7_823_411_906;
