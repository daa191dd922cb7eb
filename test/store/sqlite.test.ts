import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { sessionKnownById } from "../../src/domain/session.ts";
import { StartupError } from "../../src/errors.ts";
import { openDatabase } from "../../src/store/database.ts";
import type { DatabaseAddress } from "../../src/store/database-address.ts";
import { openStore } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const addressOf = (file: string): DatabaseAddress => ({ engine: "sqlite", file });
const session = sessionKnownById("1_a", { owner: "12345678", location: null, createdAt: null });

describe("the embedded database", () => {
  it("keeps what it was given when it is opened again", async () => {
    const file = join(temporaryFolder(), "new folder", "test.db");
    const first = await openStore(addressOf(file));
    await first.sessions.add(session);
    await first.close();
    const { sessions } = await openStore(addressOf(file));
    expect(await sessions.findMany(["1_a"])).toEqual([session]);
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
    await sql`INSERT INTO kysely_migration VALUES ('9999-later', '2026-11-24T00:00:00.000Z')`.execute(
      first.database.kysely,
    );
    await first.close();
    const { sessions } = await openStore(addressOf(file));
    await sessions.add(session);
  });
});
