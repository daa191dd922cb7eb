import { randomInt } from "node:crypto";
import { sql } from "kysely";
import { TABLES } from "./check.ts";
import type { Database } from "./engine.ts";

/** Facts about a PostgreSQL server. */
export interface PostgresFacts {
  readonly version: string;
  readonly encoding: string;
  /** Whether it refuses writes, as a standby or for another reason. */
  readonly isReadOnly: boolean;
  /** Its `max_connections`. */
  readonly connections: number;
  /** The TLS version of this connection; null without TLS. */
  readonly tls: string | null;
}

/** Reads the facts about a PostgreSQL server. */
export async function postgresFacts({ kysely }: Database): Promise<PostgresFacts> {
  const { rows } = await sql<PostgresFacts>`
    select current_setting('server_version') as version, current_setting('server_encoding') as encoding,
      current_setting('transaction_read_only') = 'on' as "isReadOnly",
      current_setting('max_connections')::integer as connections,
      (select version from pg_stat_ssl where pid = pg_backend_pid()) as tls`.execute(kysely);
  return rows[0] as PostgresFacts;
}

/** The privileges that the user lacks on existing tables, such as `insert on sessions`. Only for PostgreSQL. */
export async function lackingPrivileges({ kysely }: Database): Promise<string[]> {
  const tables = sql.join(TABLES.map((table) => sql`(${sql.lit(table)})`));
  const { rows } = await sql<{ lacking: string }>`
    select privilege || ' on ' || name as lacking
    from (values ${tables}) as tables(name)
      cross join (values ('select'), ('insert'), ('update'), ('delete')) as privileges(privilege)
    where not has_table_privilege(to_regclass(name), privilege)`.execute(kysely);
  return rows.map(({ lacking }) => lacking);
}

/** Writes a row and rolls it back. Its table has no numbered rows, because a rollback does not return a number. */
export async function writeAndUndo({ kysely }: Database): Promise<void> {
  const undone = new Error();
  const before = -randomInt(1, 2 ** 32);
  await kysely
    .transaction()
    .execute(async (transaction) => {
      await transaction.insertInto("server_runs").values({ began_at: before, seen_at: before }).execute();
      throw undone;
    })
    .catch((error) => {
      if (error !== undone) throw error;
    });
}

/** The version of the embedded SQLite. */
export async function sqliteVersion({ kysely }: Database): Promise<string> {
  const { rows } = await sql<{ version: string }>`select sqlite_version() as version`.execute(kysely);
  return rows[0]?.version ?? "";
}
