/** Fills a database with long lists of sessions and records. */
import { sql } from "kysely";
import { openForMaintenance } from "../dist/store/database.js";
import { parseDatabaseUrl } from "../dist/store/database-address.js";
import { API_KEY } from "./project.js";

/** When the first record was issued, in epoch milliseconds, and the step to each next record. */
export const START = 1_795_500_000_000;
export const STEP = 100;
/** The prefix of all session names. */
export const NAMES = "team-";

/** The parts of a session's ID before and after its number. The number has two groups of three digits, each in Base64. */
const HEAD = `1_${base64url(`1~${API_KEY}~~1795500000000~r`)}`;
const TAIL = base64url(`${"0".repeat(17)}~P~~`);

function base64url(text) {
  return Buffer.from(text).toString("base64url");
}

/** The numbers from 1 to `rows`, in the SQL of each engine. */
const SERIES = {
  SQLite: (rows) =>
    sql`(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(rows)}) select i from n)`,
  PostgreSQL: (rows) =>
    sql`(select cast(i as bigint) as i from generate_series(1, ${sql.lit(rows)}) as n(i))`,
};

/** The indexes that are created last, with their statements. */
const INDEXES = {
  SQLite: sql`select name, sql from sqlite_master
    where type = 'index' and sql is not null and tbl_name in ('sessions', 'issued_tokens')`,
  PostgreSQL: sql`select indexname as name, indexdef as sql from pg_indexes
    where tablename in ('sessions', 'issued_tokens') and indexdef not like 'CREATE UNIQUE%'`,
};

/** Fills a database. Creates the indexes last, which is faster, and reports slow ones. */
export async function fill(engine, url, { sessions, records }) {
  const { kysely } = await openForMaintenance(parseDatabaseUrl(url));
  const { rows: indexes } = await INDEXES[engine].execute(kysely);
  for (const { name } of indexes) await sql`drop index ${sql.ref(name)}`.execute(kysely);
  await sql`create table bench_groups (i bigint primary key, digits text not null)`.execute(kysely);
  const groups = Array.from({ length: 1000 }, (_, i) => sql`(${i}, ${base64url(`${i}`.padStart(3, "0"))})`);
  await sql`insert into bench_groups values ${sql.join(groups)}`.execute(kysely);
  const joined = (number) => sql`
    join bench_groups as high on high.i = ((${number}) % ${sql.lit(sessions)}) / 1000
    join bench_groups as low on low.i = ((${number}) % ${sql.lit(sessions)}) % 1000`;
  const id = sql`${sql.lit(HEAD)} || high.digits || low.digits || ${sql.lit(TAIL)}`;
  // Names, roles and callers are in random order.
  await sql`insert into sessions (session_id, application_id, name, media_mode, created_at)
    select ${id}, ${sql.lit(API_KEY)}, ${sql.lit(NAMES)} || (100000 + (n.i * 7919) % 900001), 'relayed', ${sql.lit(START)} + n.i
    from ${SERIES[engine](sessions)} as n ${joined(sql`n.i`)} order by n.i`.execute(kysely);
  await sql`insert into issued_tokens (id, session_id, role, format, issued_to, issued_at, expires_at)
    select 'bench-' || n.i, ${id}, case n.i * 31 % 3 when 0 then 'moderator' else 'publisher' end, 'JWT',
      case n.i % 10 when 0 then 'app' else 'web' end, ${sql.lit(START)} + n.i * ${sql.lit(STEP)}, 0
    from ${SERIES[engine](records)} as n ${joined(sql`n.i * 31`)} order by n.i`.execute(kysely);
  for (const { name, sql: text } of indexes) {
    const start = performance.now();
    await sql.raw(text).execute(kysely);
    const seconds = (performance.now() - start) / 1000;
    if (seconds > 1) console.error(`${engine} made the index ${name} in ${seconds.toFixed(1)} s`);
  }
  await sql`drop table bench_groups`.execute(kysely);
  // PostgreSQL reads new rows more slowly the first time, so vacuum now, as autovacuum would do later.
  if (engine === "PostgreSQL") await sql`vacuum`.execute(kysely);
  await sql`analyze`.execute(kysely);
  await kysely.destroy();
}
