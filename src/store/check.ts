import { sql } from "kysely";
import { reasonOf } from "../errors.ts";
import type { DatabaseAddress } from "./database-address.ts";
import type { Database } from "./engine.ts";
import { pendingMigrations } from "./migrate.ts";
import { damagesOf } from "./sqlite-file.ts";
import type { Tables } from "./tables.ts";

/** The problems found by each check; an empty list for none. No finding contains a value of a row. */
export type Findings = Readonly<Record<string, readonly string[]>>;

/** The tables of this version. */
export const TABLES = [
  "sessions",
  "session_names",
  "issued_tokens",
  "api_keys",
  "quota_points",
  "server_runs",
  "participants",
  "participant_streams",
  "participant_changes",
  "bans",
  "removals",
] as const satisfies (keyof Tables)[];

/** Checks a database without changing it. A check that cannot run is a finding, too. */
export async function findingsIn(database: Database, address: DatabaseAddress): Promise<Findings> {
  const looks: Record<string, () => Promise<string[]>> = {
    ...(address.engine === "sqlite"
      ? { file: () => damagesOf(address.file ?? "") }
      : { writes: () => refusedWrites(database) }),
    migrations: async () =>
      (await pendingMigrations(database)).map((name) => `${name} is not applied; run stagepass migrate`),
    tables: () => missingTables(database),
    names: () => namesWithoutSession(database),
  };
  const findings: Record<string, readonly string[]> = {};
  for (const [name, look] of Object.entries(looks))
    findings[name] = await look().catch((error) => [`cannot be checked: ${reasonOf(error)}`]);
  return findings;
}

async function refusedWrites({ kysely }: Database): Promise<string[]> {
  const { rows } = await sql<{ transaction_read_only: string }>`show transaction_read_only`.execute(kysely);
  return rows[0]?.transaction_read_only === "on"
    ? ["the database refuses writes: it is a standby, or default_transaction_read_only is on"]
    : [];
}

async function missingTables({ kysely, engine }: Database): Promise<string[]> {
  const missing: string[] = [];
  for (const table of TABLES)
    if ((await engine.placeOf(kysely, table)) === null) missing.push(`${table} is missing`);
  return missing;
}

/** Finds names whose session is missing. Both are written in one transaction, so this is damage. */
async function namesWithoutSession({ kysely }: Database): Promise<string[]> {
  const { count } = await kysely
    .selectFrom("session_names")
    .leftJoin("sessions", "sessions.session_id", "session_names.session_id")
    .where("session_names.session_id", "is not", null)
    .where("sessions.session_id", "is", null)
    .select(({ fn }) => fn.countAll().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count) > 0 ? [`names whose session is missing: ${count}`] : [];
}
