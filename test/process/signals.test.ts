import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import { CLI, spawnServer } from "../support/process.ts";
import { asProcessOne, canBeProcessOne } from "../support/process-one.ts";
import { newDatabaseUrl, openStore } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const stagepass = (...args: string[]) => [process.execPath, CLI, ...args];

describe.skipIf(!canBeProcessOne)("as process 1, which a signal ends only where it is handled", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("a command ends at %s", async (signal) => {
    const command = spawnServer(temporaryFolder(), {}, asProcessOne(stagepass("keys", "revoke", "-")));
    const children = `/proc/${command.pid}/task/${command.pid}/children`;
    const child = () => Number(readFileSync(children, "utf8").trim());
    await expect.poll(child).toBeGreaterThan(0);
    const processOne = child();
    let ended = false;
    command.exited.then(() => {
      ended = true;
    });
    // Node itself needs a while until it runs anything.
    await expect
      .poll(() => {
        if (existsSync(`/proc/${processOne}`)) process.kill(processOne, signal);
        return ended;
      })
      .toBe(true);
    expect(await command.exited).toEqual({ code: 128 + constants.signals[signal], signal: null });
  });
});

/** What gives a process a signal as soon as it begins to load the server. */
function stoppedWhileLoading(signal: NodeJS.Signals): Record<string, string> {
  const folder = temporaryFolder();
  const [hooks, preload] = [join(folder, "hooks.mjs"), join(folder, "preload.mjs")];
  writeFileSync(
    hooks,
    `export const load = (url, context, next) => {
       if (url.includes("/bundle/main-")) process.kill(process.pid, "${signal}");
       return next(url, context);
     };`,
  );
  writeFileSync(
    preload,
    `import { register } from "node:module"; register(${JSON.stringify(`file://${hooks}`)});`,
  );
  return { NODE_OPTIONS: `--import=${preload}` };
}

const ways: [string, typeof asProcessOne][] = [["as any process", (command) => [...command]]];
if (canBeProcessOne) ways.push(["as process 1", asProcessOne]);

describe.each(ways)("a start, %s,", (_, as) => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "ends with code 0 at %s before the server is loaded",
    async (signal) => {
      const server = spawnServer(temporaryFolder(), stoppedWhileLoading(signal), as(stagepass("start")));
      expect(await server.exited).toEqual({ code: 0, signal: null });
      expect(server.output()).toBe("");
    },
  );
});

describe("a command that is told to stop", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("leaves nothing of an export behind at %s", async (signal) => {
    const url = await newDatabaseUrl("PostgreSQL");
    const { database } = await openStore(url);
    const folder = temporaryFolder();
    await database.kysely.transaction().execute(async (transaction) => {
      // The last of the tables, so that it is in the midst of its work.
      await sql`lock table issued_tokens in access exclusive mode`.execute(transaction);
      const command = spawnServer(folder, { DATABASE_URL: url }, stagepass("export", "dump.jsonl"));
      const partial = () =>
        readdirSync(folder).map((name) => readFileSync(join(folder, name, "file"), "utf8"));
      await expect.poll(partial).toEqual([expect.stringContaining('"stagepass"')]);
      command.kill(signal);
      expect(await command.exited).toEqual({ code: null, signal });
      expect(readdirSync(folder)).toEqual([]);
    });
  });

  it("leaves no row of an import behind", async () => {
    const folder = temporaryFolder();
    const url = `file:${join(folder, "new.db")}`;
    const command = spawnServer(folder, { DATABASE_URL: url }, stagepass("import", "-"));
    const row = (id: number) =>
      JSON.stringify({
        kind: "issued_tokens",
        id: `${id}`,
        session_id: "1_a",
        role: "publisher",
        format: "jwt",
        issued_to: "alice",
        issued_at: 1,
        expires_at: 2,
      });
    command.write('{"kind":"stagepass","version":1}\n');
    // As many as it tells of.
    command.write(`${Array.from({ length: 100_001 }, (_, i) => row(i)).join("\n")}\n`);
    await expect.poll(command.errors, { timeout: 60_000 }).toBe("100000 rows\n");
    command.kill("SIGTERM");
    expect(await command.exited).toEqual({ code: null, signal: "SIGTERM" });
    const { ledger } = await openStore(url);
    expect(await ledger.count(["1_a"], 10)).toEqual([0]);
  });

  it("ends while it waits for what nobody writes", async () => {
    const folder = temporaryFolder();
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    // For reading, too, so that it can be opened before anybody reads it.
    const writer = openSync(pipe, "r+");
    onTestFinished(() => closeSync(writer));
    writeSync(writer, '{"kind":"stagepass","version":1}\n');
    const command = spawnServer(folder, {}, stagepass("import", "pipe"));
    await expect.poll(() => existsSync(join(folder, "data"))).toBe(true);
    command.kill("SIGTERM");
    expect(await command.exited).toEqual({ code: null, signal: "SIGTERM" });
  });
});
