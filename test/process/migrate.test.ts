import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFaultServer } from "../support/fault-server.ts";
import { DATABASE_PASSWORD, startPostgres } from "../support/postgres.ts";
import { CLI, spawnServer } from "../support/process.ts";
import { ensure, environment, isHonest } from "../support/replicas.ts";
import { newDatabaseUrl } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("an empty PostgreSQL", () => {
  it("gets its tables once from three that migrate it at once, and a server then starts", async () => {
    const postgres = await startPostgres();
    onTestFinished(postgres.stop);
    const databaseUrl = await postgres.createDatabase();
    const cwd = temporaryFolder();
    const migrate = () =>
      promisify(execFile)(process.execPath, [CLI, "migrate"], {
        cwd,
        env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl },
      });
    // Else the first would be done before the others have even started.
    postgres.pause();
    const all = Promise.all([migrate(), migrate(), migrate()]);
    await sleep(1500);
    postgres.resume();
    // Each of them rejects unless the code is 0.
    const outputs = await all;
    expect(outputs.filter(({ stdout }) => stdout.startsWith("Migrated: "))).toHaveLength(1);
    expect(outputs.map(({ stderr }) => stderr)).toEqual(["", "", ""]);
    const fault = await startFaultServer(isHonest());
    onTestFinished(() => fault.close());
    const url = await spawnServer(cwd, environment(fault.url, databaseUrl)).url();
    expect((await fetch(new URL("/readyz", url))).status).toBe(200);
    expect((await ensure(url, { name: "first" })).sessionId).toMatch(/^1_/);
  });

  it("lets no server start before, which says so in one line", async () => {
    const databaseUrl = await newDatabaseUrl("PostgreSQL", { bare: true });
    const server = spawnServer(temporaryFolder(), environment("http://127.0.0.1:9", databaseUrl));
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.errors()).toMatch(/^DATABASE_URL: .*stagepass migrate\n$/);
    expect(server.output() + server.errors()).not.toContain(DATABASE_PASSWORD);
  });
});
