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
    .description("Copy the SQLite database into a new file, as it is at one instant, while servers go on.")
    .argument("<file>", "it is there once it is whole; one that is there is not overwritten");
  performs(command, (_, file) => backUp(file));
  explains(command, "stagepass backup stagepass-backup.db", ["DATABASE_URL"]);
}

/**
 * Copies the SQLite database, as it is at one instant, into a new file, while servers go on. The copy is looked through before it gets
 * its name.
 */
async function backUp(path: string): Promise<Outcome> {
  const address = parseDatabaseAddress(...readEnvironment());
  if (address.engine === "postgres" || address.file === null)
    throw new StartupError(["DATABASE_URL: stagepass backup copies SQLite; use pg_dump for PostgreSQL"]);
  checkThere(address);
  checkFree(path);
  const source = address.file;
  checkOther(path, source);
  await writtenWhole(path, async (partial) => {
    // Absolute, as SQLite takes a path that begins with file: for a URL.
    await copyInto(source, resolve(partial));
    const damage = await firstDamageOf(partial);
    if (damage !== null)
      throw new Refusal(
        "DATABASE_DAMAGED",
        `the copy is damaged, and was not kept (${damage}); run stagepass check`,
      );
    checkFree(path);
  });
  const bytes = statSync(path).size;
  return { text: `${path}\t${bytes} bytes`, json: { file: path, bytes } };
}

/** SQLite takes these files for its own: a copy under such a name hides the database, or is deleted at the next start. */
function checkOther(path: string, source: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) return;
  const target = join(realpathSync(folder), basename(path));
  if (["-wal", "-shm", "-journal"].some((end) => target === realpathSync(source) + end))
    throw new Refusal("EEXIST", "is a name that belongs to the database itself; choose another one", path);
}

function checkFree(path: string): void {
  if (existsSync(path)) throw new Refusal("EEXIST", "is there already; a backup overwrites nothing", path);
}
