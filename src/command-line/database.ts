import type { Command } from "commander";
import { explains, performs } from "./perform.ts";

const ENVIRONMENT = ["DATABASE_URL"];

/** `stagepass migrate`, `export` and `import`. */
export function defineDatabase(program: Command): void {
  const migrate = program.command("migrate").description("Bring the tables of the database to this version.");
  performs(migrate, async () => (await import("../commands/migrate.ts")).migrateDatabase());
  explains(migrate, "stagepass migrate", ENVIRONMENT);

  const dump = program
    .command("export")
    .description("Write everything in the database to a file, as lines of JSON, and tell what that has.")
    .argument(
      "<file>",
      "it is there once it is whole; - is standard output, and what it has is told on standard error",
    );
  performs(dump, async (_, file) => (await import("../commands/export.ts")).exportDatabase(file));
  explains(dump, "stagepass export stagepass.jsonl", ENVIRONMENT);

  const load = program
    .command("import")
    .description("Bring the file of an export into an empty database, all or nothing.")
    .argument("<file>", "what an export wrote; - is standard input");
  performs(load, async (_, file) => (await import("../commands/import.ts")).importDatabase(file));
  explains(load, "DATABASE_URL=file:./new.db stagepass import stagepass.jsonl", ENVIRONMENT);
}
