import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { parseDatabaseAddress, readEnvironment } from "../../config/config.ts";
import { StartupError } from "../../errors.ts";
import { checkThere } from "../../store/database.ts";
import { copyInto, firstDamageOf } from "../../store/sqlite-file.ts";
import type { Outcome } from "../outcome.ts";
import { explains, performs } from "../perform.ts";
import { Refusal } from "../refusal.ts";
import { writtenWhole } from "../whole-file.ts";

/** `stagepass backup`. */
export function defineBackup(program: Command): void {
  const command = program
    .command("backup")
    .description("Copy a snapshot of the SQLite database to a new file. Servers may keep running.")
    .argument("<file>", "the new file, created once the copy is complete; an existing file is an error");
  performs(command, (_, file) => backUp(file));
  explains(command, "stagepass backup stagepass-backup.db", ["DATABASE_URL"]);
}

/** Copies the SQLite database to a new file while servers run. Checks the copy for damage before the file gets its name. */
async function backUp(path: string): Promise<Outcome> {
  const address = parseDatabaseAddress(...readEnvironment());
  if (address.engine === "postgres" || address.file === null)
    throw new StartupError(["DATABASE_URL: stagepass backup copies only SQLite; use pg_dump for PostgreSQL"]);
  checkThere(address);
  checkFree(path);
  const source = address.file;
  checkOther(path, source);
  await writtenWhole(path, async (partial) => {
    // Absolute, because SQLite parses a path that begins with file: as a URL.
    await copyInto(source, resolve(partial));
    const damage = await firstDamageOf(partial);
    if (damage !== null)
      throw new Refusal(
        "DATABASE_DAMAGED",
        `the copy is damaged and was deleted (${damage}); run stagepass check`,
      );
    checkFree(path);
  });
  const bytes = statSync(path).size;
  return { text: `${path}\t${bytes} bytes`, json: { file: path, bytes } };
}

/** SQLite uses these names itself: a copy with such a name would hide the database, or be deleted at the next start. */
function checkOther(path: string, source: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) return;
  const target = join(realpathSync(folder), basename(path));
  if (["-wal", "-shm", "-journal"].some((end) => target === realpathSync(source) + end))
    throw new Refusal("EEXIST", "is a name that SQLite uses for the database itself; choose another", path);
}

function checkFree(path: string): void {
  if (existsSync(path)) throw new Refusal("EEXIST", "already exists; a backup overwrites no file", path);
}
