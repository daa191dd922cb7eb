import type { Command } from "commander";
import { explains, performs } from "./perform.ts";

const ENVIRONMENT = ["DATABASE_URL"];

/** `stagepass migrate`, `backup`, `check`, `export` and `import`. */
export function defineDatabase(program: Command): void {
  const migrate = program.command("migrate").description("Bring the tables of the database to this version.");
  performs(migrate, async () => (await import("./commands/migrate.ts")).migrateDatabase());
  explains(migrate, "stagepass migrate", ENVIRONMENT);

  const backup = program
    .command("backup")
    .description("Copy the SQLite database into a new file, as it is at one instant, while servers go on.")
    .argument("<file>", "it is there once it is whole; one that is there is not overwritten");
  performs(backup, async (_, file) => (await import("./commands/backup.ts")).backUp(file));
  explains(backup, "stagepass backup stagepass-backup.db", ENVIRONMENT);

  const check = program
    .command("check")
    .description(
      "Look through the database for damage, and for what this version needs, and change nothing. The exit code is 0 when all\n" +
        "is well, and 1 when something is not.",
    );
  performs(check, async () => (await import("./commands/check.ts")).checkDatabase());
  explains(check, "stagepass check", ENVIRONMENT);

  const dump = program
    .command("export")
    .description("Write everything in the database to a file, as lines of JSON, and tell what that has.")
    .argument(
      "<file>",
      "it is there once it is whole; - is standard output, and what it has is told on standard error",
    );
  performs(dump, async (_, file) => (await import("./commands/export.ts")).exportDatabase(file));
  explains(dump, "stagepass export stagepass.jsonl", ENVIRONMENT);

  const load = program
    .command("import")
    .description("Bring the file of an export into an empty database, all or nothing.")
    .argument("<file>", "what an export wrote; - is standard input");
  performs(load, async (_, file) => (await import("./commands/import.ts")).importDatabase(file));
  explains(load, "DATABASE_URL=file:./new.db stagepass import stagepass.jsonl", ENVIRONMENT);
}
