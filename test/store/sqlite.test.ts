import { copyFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import Libsql from "libsql";
import { describe, expect, it } from "vitest";
import { sessionKnownById } from "../../src/domain/session.ts";
import { DatabaseUnavailable, StartupError } from "../../src/errors.ts";
import { openDatabase, openForMaintenance } from "../../src/store/database.ts";
import type { DatabaseAddress } from "../../src/store/database-address.ts";
import { openStore } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const addressOf = (file: string): DatabaseAddress => ({ engine: "sqlite", file });
const fields = { owner: "12345678", location: null, createdAt: new Date(0) };
const session = { ...sessionKnownById("1_a", fields), createdHere: true };

describe("the embedded database", () => {
  it("keeps what it was given when it is opened again", async () => {
    const file = join(temporaryFolder(), "new folder", "test.db");
    const first = await openStore(addressOf(file));
    await first.sessions.add(session);
    await first.close();
    const { sessions } = await openStore(addressOf(file));
    expect(await sessions.findMany(["1_a"])).toEqual([session]);
  });

  it("is opened by several at once, also where none has chosen the write-ahead log", async () => {
    for (let i = 0; i < 100; i++) {
      const file = join(temporaryFolder(), "test.db");
      const made = new Libsql(file, { timeout: 2000 });
      made.exec("CREATE TABLE some (id INTEGER)");
      made.close();
      const opened = Array.from({ length: 5 }, async () => {
        const { kysely } = await openForMaintenance(addressOf(file));
        await sql`SELECT * FROM some`.execute(kysely).finally(() => kysely.destroy());
      });
      await Promise.all(opened);
    }
  });

  it("is whole in its one file once it is closed", async () => {
    const folder = temporaryFolder();
    const store = await openStore(addressOf(join(folder, "test.db")));
    await store.sessions.add(session);
    await store.close();
    copyFileSync(join(folder, "test.db"), join(folder, "copy.db"));
    const { sessions } = await openStore(addressOf(join(folder, "copy.db")));
    expect(await sessions.findMany(["1_a"])).toEqual([session]);
  });

  it("is durable: every commit reaches the disk", async () => {
    const { database } = await openStore(addressOf(join(temporaryFolder(), "test.db")));
    expect((await sql`PRAGMA synchronous`.execute(database.kysely)).rows).toEqual([{ synchronous: 2 }]);
    expect((await sql`PRAGMA journal_mode`.execute(database.kysely)).rows).toEqual([{ journal_mode: "wal" }]);
  });

  it("says why a transaction failed, also where SQLite has rolled it back by itself", async () => {
    const { database, sessions } = await openStore(addressOf(join(temporaryFolder(), "test.db")));
    const failing = database.kysely.transaction().execute(async (transaction) => {
      await sql`INSERT INTO ledger_checks VALUES (1, 1)`.execute(transaction);
      await sql`INSERT OR ROLLBACK INTO ledger_checks VALUES (1, 2)`.execute(transaction);
    });
    await expect(failing).rejects.toThrow(/UNIQUE constraint failed/);
    await sessions.add(session);
  });

  it("names DATABASE_URL when its file is no database", async () => {
    const file = join(temporaryFolder(), "test.db");
    writeFileSync(file, "hello, this is no database at all\n".repeat(100));
    await expect(openDatabase(addressOf(file))).rejects.toThrow(StartupError);
    await expect(openDatabase(addressOf(file))).rejects.toThrow(/^DATABASE_URL: .*test\.db/);
  });

  it("names DATABASE_URL when its folder cannot be made", async () => {
    const folder = join(temporaryFolder(), "a file");
    writeFileSync(folder, "");
    await expect(openDatabase(addressOf(join(folder, "test.db")))).rejects.toThrow(
      /^DATABASE_URL: .*test\.db/,
    );
  });

  it("works on a database of a later version, which has only more in it", async () => {
    const file = join(temporaryFolder(), "test.db");
    const first = await openStore(addressOf(file));
    await sql`INSERT INTO stagepass_migrations VALUES ('9999-later', '2026-11-24T00:00:00.000Z')`.execute(
      first.database.kysely,
    );
    await first.close();
    const { sessions } = await openStore(addressOf(file));
    await sessions.add(session);
  });
});

describe("the connection that reads", () => {
  const newStore = () => openStore(addressOf(join(temporaryFolder(), "test.db")));
  /** Takes SQLite for ever, as far as a test is concerned. */
  const ENDLESS = sql`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n`;

  it("waits for no commit, and sees what was committed", async () => {
    const { database, sessions, ledger } = await newStore();
    await database.kysely.transaction().execute(async (transaction) => {
      await transaction
        .insertInto("sessions")
        .values({ session_id: "1_b", application_id: "12345678" })
        .execute();
      expect(await sessions.findMany(["1_b"])).toEqual([]);
      expect(await ledger.newest(["1_b"], 10, null)).toEqual([]);
    });
    expect(await sessions.findMany(["1_b"])).toHaveLength(1);
  });

  it("ends a read that takes too long in time for those that wait, while others write", async () => {
    const { database, sessions } = await newStore();
    const begin = performance.now();
    const endless = ENDLESS.execute(database.reads);
    const waiting = sessions.findMany(["1_a"]);
    await sessions.add(session);
    expect(performance.now() - begin).toBeLessThan(1000);
    await expect(endless).rejects.toThrow(DatabaseUnavailable);
    expect(await waiting).toEqual([session]);
    expect(performance.now() - begin).toBeLessThan(2000);
  });

  it("is not given up for a read that begins after one that was ended", async () => {
    const { database } = await newStore();
    await expect(ENDLESS.execute(database.reads)).rejects.toThrow(DatabaseUnavailable);
    const count = sql`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT count(*) AS n FROM n`;
    expect((await count.execute(database.reads)).rows).toEqual([{ n: 300_000 }]);
  });

  it("writes nothing", async () => {
    const { database } = await newStore();
    await expect(sql`DELETE FROM sessions`.execute(database.reads)).rejects.toMatchObject({
      reason: expect.stringContaining("readonly"),
    });
  });

  it("does not keep the log from being emptied when the store is closed", async () => {
    const file = join(temporaryFolder(), "test.db");
    const store = await openStore(addressOf(file));
    await store.sessions.add(session);
    await store.sessions.findMany(["1_a"]);
    await store.close();
    expect(statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
  });
});
