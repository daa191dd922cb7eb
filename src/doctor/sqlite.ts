import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Database } from "../store/engine.ts";
import { sqliteVersion } from "../store/look.ts";
import { exposuresOf } from "../store/sqlite-file.ts";
import type { Finding } from "./finding.ts";
import { nearestFolder, whyNoFileIn, whyNotWritable } from "./paths.ts";

const finding = (ok: boolean | null, says: string): Finding => ({ what: "DATABASE_URL", ok, says });

/** The effect of the first start if the file does not exist; null if it exists. */
export function missingFileFindings(file: string | null): Finding[] | null {
  if (file === null)
    return [finding(null, "in memory: sessions, records and API keys are lost when the server stops")];
  if (existsSync(file)) return null;
  const path = resolve(file);
  const refusal = whyNoFileIn(nearestFolder(path));
  if (refusal !== null) return [finding(false, `${path} cannot be created: ${refusal}`)];
  return [finding(true, `the first start creates ${path}`)];
}

/** Whether the server can write the file, by its permissions, because a test write would change the file. */
export async function sqliteFindings(database: Database, file: string): Promise<Finding[]> {
  const path = resolve(file);
  const version = await sqliteVersion(database);
  const beside = [`${path}-wal`, `${path}-shm`].filter(existsSync);
  const refusals = [...[path, ...beside].map(whyNotWritable), whyNoFileIn(dirname(path))];
  const refusal = refusals.find((each) => each !== null);
  if (refusal !== undefined) return [finding(false, `the server cannot write the database: ${refusal}`)];
  const size = `${(statSync(path).size / 1024 / 1024).toFixed(1)} MB`;
  return [
    finding(true, `SQLite ${version}: ${path}, ${size}, can be read and written`),
    ...exposuresOf(path).map((says) => finding(null, says)),
  ];
}
