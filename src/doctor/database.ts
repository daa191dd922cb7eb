import type { Config } from "../config/config.ts";
import { isSkewed, measureSkew } from "../services/clock-skew.ts";
import { openToLook } from "../store/database.ts";
import { PATIENCE } from "../store/deadline.ts";
import type { Database } from "../store/engine.ts";
import { laterMigrations, pendingMigrations } from "../store/migrate.ts";
import { sqlStore } from "../store/sql-store.ts";
import { checkFile } from "../store/sqlite-file.ts";
import type { StoredApiKey } from "../store/store.ts";
import { callerFindings } from "./authentication.ts";
import { type Finding, findingsOf } from "./finding.ts";
import { postgresFindings } from "./postgres.ts";
import { missingFileFindings, sqliteFindings } from "./sqlite.ts";

const WHAT = "DATABASE_URL";

/** Whether the server can use the database, and whether callers can authenticate, which also depends on its API keys. */
export async function lookAtDatabase(config: Config, now: () => Date): Promise<Finding[]> {
  const { database: address } = config;
  if (address.engine === "sqlite") {
    const missing = missingFileFindings(address.file);
    if (missing !== null) return [...missing, ...callerFindings(config, [])];
  }
  let database: Database;
  try {
    if (address.engine === "sqlite") checkFile(address.file ?? "");
    database = await openToLook(address, PATIENCE);
  } catch (error) {
    return [...findingsOf(error, WHAT), ...callerFindings(config, null)];
  }
  try {
    return await look(database, config, now);
  } catch (error) {
    // SQLite reports a damaged file, or one that is not a database, at the first query.
    const [finding] = findingsOf(error, WHAT);
    const says = `cannot be read: ${finding?.says}; run stagepass check to find damage`;
    return [{ what: WHAT, ok: false, says }, ...callerFindings(config, null)];
  } finally {
    void database.kysely.destroy().catch(() => {});
  }
}

async function look(database: Database, config: Config, now: () => Date): Promise<Finding[]> {
  const { database: address } = config;
  const pending = await pendingMigrations(database);
  const isCurrent = pending.length === 0;
  const found =
    address.engine === "sqlite"
      ? await sqliteFindings(database, address.file ?? "")
      : await postgresFindings(database, address, config.databasePoolSize, isCurrent);
  const { apiKeys, runs } = sqlStore(database);
  const keys: StoredApiKey[] | null = isCurrent ? await apiKeys.list() : null;
  const clock = address.engine === "sqlite" ? [] : clockFindings(await measureSkew(runs.clock, now));
  return [
    ...found,
    migrationFinding(pending, await laterMigrations(database), address.engine === "sqlite"),
    ...clock,
    ...callerFindings(config, keys),
  ];
}

function migrationFinding(
  pending: readonly string[],
  later: readonly string[],
  migratesItself: boolean,
): Finding {
  if (pending.length > 0) {
    const lacks = `pending migrations: ${pending.length}`;
    if (migratesItself) return { what: WHAT, ok: null, says: `${lacks}; the next start runs them` };
    return { what: WHAT, ok: false, says: `${lacks}; run stagepass migrate` };
  }
  if (later.length === 0) return { what: WHAT, ok: true, says: "its tables match this version" };
  const says = `migrations by a later version: ${later.length}, the last ${later.at(-1)}; use that version`;
  return { what: WHAT, ok: null, says };
}

/** @param skew how far this machine's clock is ahead, in milliseconds; null if unknown */
function clockFindings(skew: number | null): Finding[] {
  if (skew === null)
    return [{ what: "clock", ok: null, says: "not compared: the database answers too slowly" }];
  if (!isSkewed(skew, false)) return [{ what: "clock", ok: true, says: "matches the database's clock" }];
  const seconds = Math.round(Math.abs(skew) / 100) / 10;
  const by = `${seconds} seconds ${skew > 0 ? "ahead of" : "behind"} the database's`;
  return [{ what: "clock", ok: false, says: `this machine's clock is ${by}: synchronize both with NTP` }];
}
