import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import Libsql from "libsql";
import { expect } from "vitest";
import { atOnce } from "../../support/at-once.ts";
import { figuresOf, graphql, newSession, probe, startClients } from "../../support/faults.ts";
import { LONG } from "../../support/long.ts";
import { CLI, spawnReplica, spawnServer, stagepass } from "../../support/process.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** How often a file is copied under load. */
const COPIES = LONG ? 3 : 1;

const start = (file: string) => spawnReplica(`file:${file}`, { LOG_LEVEL: "info" });

const run = (file: string, ...args: string[]) =>
  stagepass(temporaryFolder(), args, { DATABASE_URL: `file:${file}` });

let migrated: Promise<Buffer> | undefined;

/** The bytes of a database with the tables. */
async function migrate(): Promise<Buffer> {
  const file = join(temporaryFolder(), "test.db");
  expect((await run(file, "migrate")).code).toBe(0);
  return readFileSync(file);
}

/** A database with so many records of this hour, as long as those of real sessions, 40 for each, and so many megabytes after them. */
async function filled(records: number, megabytes = 0): Promise<string> {
  const file = join(temporaryFolder(), "test.db");
  migrated ??= migrate();
  writeFileSync(file, await migrated);
  const database = new Libsql(file, { timeout: 2000 });
  database.exec(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${records})
     INSERT INTO issued_tokens (id, session_id, role, format, issued_to, issued_at, expires_at)
     SELECT printf('%032x', i), '1_' || printf('%068d', i % (${records} / 40)), 'publisher', 'jwt', 'back-end', unixepoch() * 1000, unixepoch() * 1000 FROM n;
     CREATE TABLE others AS SELECT zeroblob(${megabytes} * 1048576) AS bytes;
     PRAGMA wal_checkpoint(TRUNCATE)`,
  );
  database.close();
  return file;
}

/** Overwrites pages, a third of the file unless told where. */
function damage(file: string, from = 1 / 3, to = 2 / 3): void {
  const pages = statSync(file).size / 4096;
  const opened = openSync(file, "r+");
  const junk = Buffer.alloc(4096, "damage");
  for (let page = Math.floor(from * pages); page < to * pages; page++)
    writeSync(opened, junk, 0, 4096, page * 4096);
  closeSync(opened);
}

const idsIn = (file: string): string[] => {
  const database = new Libsql(file, { timeout: 2000 });
  const rows = database.prepare("SELECT id FROM issued_tokens").all() as { id: string }[];
  database.close();
  return rows.map(({ id }) => id);
};

const idOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).jti;

const test = atOnce("SQLite's file", 120_000);

test("is copied whole under load, and no request fails", async () => {
  const file = await filled(LONG ? 2_000_000 : 50_000);
  const url = await start(file).url();
  const sessionId = await newSession(url);
  const clients = startClients([url], sessionId);
  clients.add(16);
  await expect.poll(() => clients.calls.length).toBeGreaterThan(50);

  const copies: { copy: string; before: string[] }[] = [];
  const begin = performance.now();
  for (let i = 0; i < COPIES; i++) {
    const copy = join(temporaryFolder(), "copy.db");
    const before = clients.calls.flatMap(({ token }) => (token === null ? [] : [idOf(token)]));
    expect(await run(file, "backup", copy)).toMatchObject({ code: 0, errors: "" });
    copies.push({ copy, before });
  }
  const end = performance.now();
  const calls = await clients.stop();
  if (LONG)
    process.stdout.write(
      `a backup of ${Math.round(statSync(file).size / 1e6)} MB took ${Math.round((end - begin) / COPIES)} ms; longest answer ${Math.round(Math.max(...calls.map((call) => call.end - call.begin)))} ms; -wal ${Math.round(statSync(`${file}-wal`).size / 1e6)} MB\n`,
    );
  const figures = figuresOf("SQLite's file is backed up", calls, end, idsIn(file));
  expect(figures).toMatchObject({ failed: 0, missing: 0 });

  for (const { copy, before } of copies) {
    expect(await run(copy, "check")).toMatchObject({ code: 0, errors: "" });
    const kept = new Set(idsIn(copy));
    expect(before.filter((id) => !kept.has(id))).toEqual([]);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
  }
});

test("has no backup under its own name with -wal, -shm or -journal", async () => {
  const file = await filled(40);
  const folder = temporaryFolder();
  symlinkSync(dirname(file), join(folder, "link"));
  for (const path of [`${file}-wal`, `${file}-shm`, join(folder, "link", "test.db-journal")])
    expect(await run(file, "backup", path)).toMatchObject({
      code: 1,
      errors: `${path}: is a name that SQLite uses for the database itself; choose another\n`,
    });
  expect(readdirSync(dirname(file))).toEqual(["test.db"]);
});

test("has nothing that looks like a backup when that is ended, and nothing at all by SIGTERM", async () => {
  const file = await filled(40, 100);
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const folder = temporaryFolder();
    const backup = spawnServer(folder, { DATABASE_URL: `file:${file}` }, [
      process.execPath,
      CLI,
      "backup",
      "copy.db",
    ]);
    await expect.poll(() => readdirSync(folder), { interval: 1 }).not.toEqual([]);
    backup.kill(signal);
    expect(await backup.exited).toEqual({ code: null, signal });
    const left = readdirSync(folder);
    if (signal === "SIGTERM") expect(left).toEqual([]);
    else for (const name of left) expect(name).toMatch(/^copy\.db\..*\.partial$/);
  }
});

test("has a backup that overwrites nothing, and none when it is damaged", async () => {
  const file = await filled(10_000);
  const copy = join(temporaryFolder(), "copy.db");
  expect((await run(file, "backup", copy)).code).toBe(0);
  const bytes = readFileSync(copy);
  expect(await run(file, "backup", copy)).toMatchObject({
    code: 1,
    errors: `${copy}: already exists; a backup overwrites no file\n`,
  });
  expect(readFileSync(copy).equals(bytes)).toBe(true);

  damage(file);
  const folder = temporaryFolder();
  const { code, errors } = await run(file, "backup", join(folder, "copy.db"));
  expect(code).toBe(1);
  expect(errors).toMatch(/malformed|damaged/);
  expect(readdirSync(folder)).toEqual([]);
});
test("with damaged pages is reported by a check, which changes nothing", async () => {
  const file = await filled(10_000);
  damage(file);
  const bytes = readFileSync(file);
  const { code, output, errors } = await run(file, "check");
  expect({ code, errors }).toEqual({ code: 1, errors: "" });
  expect(output).toMatch(/^file\t.*(page|malformed)/);
  expect(output).toMatch(/^migrations\tok$/m);
  expect(JSON.parse((await run(file, "check", "--json")).output).ok).toBe(false);
  expect(readFileSync(file).equals(bytes)).toBe(true);
});

test("with damaged pages stops the start of a server", async () => {
  const file = await filled(10_000);
  damage(file);
  const server = start(file);
  expect(await server.exited).toEqual({ code: 1, signal: null });
  expect(server.errors()).toMatch(
    /^DATABASE_URL: .*test\.db cannot be used as the database: it is damaged \([^\n]*\); run stagepass check, and restore a backup\n$/,
  );
});

test("with damaged pages that are met makes a server not ready for good, where it is too large to be looked through", async () => {
  // 100 MB are looked through at a start.
  const file = await filled(20_000, 105);
  expect(statSync(file).size).toBeGreaterThan(100 * 1024 * 1024);
  // Among the records, which the file begins with.
  damage(file, 0.02, 0.024);
  const server = start(file);
  const url = await server.url();
  expect((await probe(url)).status).toBe(200);
  // It reads the newest records, back to the damage.
  await graphql(url, "{ issuances(interval: HOUR, last: 24) { startsAt } }");
  const met = async () => (await probe(url)).status;
  await expect.poll(met, { timeout: 5000 }).toBe(503);
  expect(await met()).toBe(503);
  const told = () =>
    (server.errors() + server.output()).match(
      /the database is damaged; run stagepass check, and restore a backup/g,
    );
  await expect.poll(told).toHaveLength(1);
});
