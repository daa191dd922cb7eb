import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, describe, expect, it } from "vitest";
import {
  ArchiveMode,
  ArchiveResolution,
  MediaMode,
  type Session,
  sessionKnownById,
} from "../../src/domain/session.ts";
import {
  ALL_SESSIONS,
  isSelected,
  NO_SESSIONS,
  type SessionSelection,
} from "../../src/domain/session-selection.ts";
import { StartupError } from "../../src/errors.ts";
import { openDatabase } from "../../src/store/database.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import type { Store } from "../../src/store/store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const open: Store[] = [];
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});

async function openStore(file: string | null): Promise<Store> {
  const store = sqlStore(await openDatabase(file, () => {}));
  open.push(store);
  return store;
}

const PROJECT = "12345678";
const session = (sessionId: string, applicationId = PROJECT): Session => ({
  ...sessionKnownById(sessionId, {
    owner: applicationId,
    location: null,
    createdAt: new Date(1_795_500_000_123),
  }),
  mediaMode: MediaMode.ROUTED,
  archiveMode: ArchiveMode.ALWAYS,
  archiveName: "Übung 🙂 'quoted'",
  archiveResolution: ArchiveResolution.FHD_PORTRAIT,
  location: "203.0.113.7",
  e2ee: false,
});

const stores: [string, () => string | null][] = [
  ["in memory", () => null],
  ["in a file", () => join(temporaryFolder(), "test.db")],
];

describe.each(stores)("the session registry %s", (_, file) => {
  it("gives back what it was given, and nothing for what it was not", async () => {
    const { sessions } = await openStore(file());
    const bare = sessionKnownById("1_b", { owner: PROJECT, location: null, createdAt: null });
    await sessions.add(session("1_a"));
    await sessions.add({ ...session("1_c"), e2ee: true });
    await sessions.add(bare);
    expect(await sessions.findMany(["1_a"])).toEqual([session("1_a")]);
    expect(await sessions.findMany(["1_b", "1_x"])).toEqual([bare]);
    expect(await sessions.findMany(["1_c"])).toEqual([{ ...session("1_c"), e2ee: true }]);
  });

  it("keeps one session of an ID", async () => {
    const { sessions } = await openStore(file());
    await sessions.add(session("1_a"));
    await expect(sessions.add(session("1_a"))).rejects.toThrow();
    expect(await sessions.newest(PROJECT, ALL_SESSIONS, 10, null)).toHaveLength(1);
  });

  it("lists a project's sessions, newest first, from any position on", async () => {
    const { sessions } = await openStore(file());
    for (const id of ["1_a", "1_b", "1_c", "1_d"]) {
      await sessions.add(session(id));
      await sessions.add(session(`${id}_other`, "87654321"));
    }
    const ids = async (limit: number, position: number | null) =>
      (await sessions.newest(PROJECT, ALL_SESSIONS, limit, position)).map((found) => found.session.sessionId);
    expect(await ids(10, null)).toEqual(["1_d", "1_c", "1_b", "1_a"]);
    const [, second] = await sessions.newest(PROJECT, ALL_SESSIONS, 2, null);
    expect(await ids(10, second?.position ?? 0)).toEqual(["1_b", "1_a"]);
    expect(await ids(1, second?.position ?? 0)).toEqual(["1_b"]);
  });

  // Values that a pattern, a quotation mark or a database's notion of a character would spoil.
  const names = ["room-1", "room-2", "ROOM-1", "room_1", "%", "'", "é-1", "🎥-1", null];
  it.each<[string, Partial<SessionSelection>]>([
    ["nothing", {}],
    ["an ID", { ids: new Set(["1_0", "1_x"]) }],
    ["a name", { names: new Set(["room-1"]) }],
    ["a prefix", { namePrefixes: ["room-"] }],
    ["a prefix that is a pattern elsewhere", { namePrefixes: ["%", "room_"] }],
    ["a prefix with a quotation mark", { namePrefixes: ["'"] }],
    ["a prefix beyond ASCII", { namePrefixes: ["é", "🎥"] }],
    ["every name", { namePrefixes: [""] }],
    ["IDs, names and prefixes", { ids: new Set(["1_8"]), names: new Set(["%"]), namePrefixes: ["ROOM"] }],
  ])("lists the sessions that are selected by %s, as the domain selects them", async (_, selected) => {
    const { sessions } = await openStore(file());
    const all = names.map((name, i) => ({ ...session(`1_${i}`), name }));
    for (const one of all) await sessions.add(one);
    const selection = { ...NO_SESSIONS, ...selected };
    const found = await sessions.newest(PROJECT, selection, 100, null);
    expect(found.map((item) => item.session).reverse()).toEqual(
      all.filter(({ sessionId, name }) => isSelected(selection, sessionId, name)),
    );
  });
});

describe("the embedded database", () => {
  it("keeps what it was given when it is opened again", async () => {
    const file = join(temporaryFolder(), "new folder", "test.db");
    const first = await openStore(file);
    await first.sessions.add(session("1_a"));
    await open.pop()?.close();
    const { sessions } = await openStore(file);
    expect(await sessions.findMany(["1_a"])).toEqual([session("1_a")]);
  });

  it("is whole in its one file once it is closed", async () => {
    const folder = temporaryFolder();
    const store = await openStore(join(folder, "test.db"));
    await store.sessions.add(session("1_a"));
    await open.pop()?.close();
    copyFileSync(join(folder, "test.db"), join(folder, "copy.db"));
    const { sessions } = await openStore(join(folder, "copy.db"));
    expect(await sessions.findMany(["1_a"])).toEqual([session("1_a")]);
  });

  it("is durable: every commit reaches the disk", async () => {
    const database = await openDatabase(join(temporaryFolder(), "test.db"), () => {});
    expect((await sql`PRAGMA synchronous`.execute(database)).rows).toEqual([{ synchronous: 2 }]);
    expect((await sql`PRAGMA journal_mode`.execute(database)).rows).toEqual([{ journal_mode: "wal" }]);
    await database.destroy();
  });

  it("names DATABASE_URL when its file is no database", async () => {
    const file = join(temporaryFolder(), "test.db");
    writeFileSync(file, "hello, this is no database at all\n".repeat(100));
    await expect(openDatabase(file, () => {})).rejects.toThrow(StartupError);
    await expect(openDatabase(file, () => {})).rejects.toThrow(/^DATABASE_URL: .*test\.db/);
  });

  it("names DATABASE_URL when its folder cannot be made", async () => {
    const folder = join(temporaryFolder(), "a file");
    writeFileSync(folder, "");
    await expect(openDatabase(join(folder, "test.db"), () => {})).rejects.toThrow(
      /^DATABASE_URL: .*test\.db/,
    );
  });

  it("refuses a database of a later version", async () => {
    const file = join(temporaryFolder(), "test.db");
    const database = await openDatabase(file, () => {});
    await sql`INSERT INTO kysely_migration VALUES ('9999-later', '2026-11-24T00:00:00.000Z')`.execute(
      database,
    );
    await database.destroy();
    await expect(openDatabase(file, () => {})).rejects.toThrow(/^DATABASE_URL: .*9999-later/);
  });
});
