import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import {
  ALL_SESSIONS,
  isSelected,
  NO_SESSIONS,
  type SessionSelection,
} from "../../src/domain/session-selection.ts";
import { StartupError } from "../../src/errors.ts";
import { openDatabase, openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { inOrder } from "../support/in-order.ts";
import { failureOf, newUrl } from "../support/postgres-connections.ts";
import { CREATED_AT, issued, PROJECT, session } from "../support/records.ts";
import { migrateUrl, openStore, sharedPostgres } from "../support/stores.ts";

/** How long a lease holds that no test waits for, in milliseconds. */
const LEASE = 60_000;

describe("a database", () => {
  const opens = { "a server": openDatabase, "a command": openForMaintenance };

  it.each(Object.entries(opens))("whose encoding is not UTF8 is refused by %s", async (_, open) => {
    const options = "ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'";
    const url = await (await sharedPostgres()).createDatabase(options);
    const error = await failureOf(open(parseDatabaseUrl(url)));
    expect(error).toBeInstanceOf(StartupError);
    expect(error.message).toMatch(
      /^DATABASE_URL: 127\.0\.0\.1:\d+\/stagepass_\d+ cannot be used as the database: its encoding is SQL_ASCII and must be UTF8; create another database with ENCODING 'UTF8' TEMPLATE template0$/,
    );
  });

  it("that sorts as a language does lists the sessions that the domain selects, and no others", async () => {
    const options = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' TEMPLATE template0 ENCODING 'UTF8'";
    const url = await (await sharedPostgres()).createDatabase(options);
    await migrateUrl(url);
    const { sessions, names, database } = await openStore(url);
    const { rows } = await sql`select 'room' < 'ROOM' as language`.execute(database.kysely);
    expect(rows).toEqual([{ language: true }]);

    const all = NAMES.map((name, i) => session(`1_${i}`, { name }));
    for (const one of all) await sessions.add(one);
    for (const selected of SELECTIONS) {
      const selection: SessionSelection = { ...NO_SESSIONS, ...selected };
      const found = await sessions.list(PROJECT, selection, 100, null);
      const expected = all.filter(({ sessionId, name }) => isSelected(selection, sessionId, name));
      expect([selected, found.map((item) => item.session)]).toEqual([selected, inOrder(selection, expected)]);
    }
    for (const name of DISTINCT_NAMES) {
      expect([name, await names.lease(PROJECT, name, null, LEASE)]).toEqual([name, expect.any(String)]);
    }
  });

  it("gives numbers beyond 2^31 as numbers", async () => {
    const { sessions, ledger, names, database } = await openStore(await newUrl());
    const far = 3_000_000_000;
    for (const table of ["sessions", "issued_tokens"]) {
      await sql`alter table ${sql.table(table)} alter column position restart with ${sql.lit(far)}`.execute(
        database.kysely,
      );
    }
    await sessions.add(session("1_a"));
    await sessions.add(session("1_b"));
    await ledger.record([issued("a")]);
    expect(await sessions.list(PROJECT, ALL_SESSIONS, 10, null)).toEqual([
      { position: far + 1, session: session("1_b") },
      { position: far, session: session("1_a") },
    ]);
    expect(await sessions.list(PROJECT, ALL_SESSIONS, 10, { name: null, position: far + 1 })).toHaveLength(1);
    expect(await ledger.newest(["1_a"], 10, null)).toEqual([{ position: far, issued: issued("a") }]);
    const [row] = await database.kysely.selectFrom("sessions").select("created_at").execute();
    expect(row).toEqual({ created_at: CREATED_AT.getTime() });

    const lease = await names.lease(PROJECT, "standup", null, LEASE);
    await names.assign(lease ?? "", session("1_c", { name: "standup" }));
    expect((await names.find(PROJECT, "standup")).current?.age).toEqual(expect.any(Number));
  });
});

/** What languages hold for the same, or sort otherwise than by characters. */
const DISTINCT_NAMES = [
  ..."a,A,b,B,ä,a\u0308,é-1,e\u0301-1,e-1,É-1,room,room-1,room-2,room_1,room 1,room1,rooms,ROOM-1,Room-1".split(
    ",",
  ),
  ..."'quoted',quoted,%,_,*,-,🎥,🎥-1,🙂,\u{ffff},z,Z,ß,ss,ﬁ,fi,１,1,10,9,\u200droom,ro\u00adom, room,room ".split(
    ",",
  ),
];
const NAMES = [...DISTINCT_NAMES, null];

const SELECTIONS: readonly Partial<SessionSelection>[] = [
  {},
  { namePrefixes: [""] },
  ...DISTINCT_NAMES.flatMap((name) => [{ names: new Set([name]) }, { namePrefixes: [name] }]),
  ...["ro", "R", "room-", "é", "e", "🎥", "ä", "1", "_", "'"].map((prefix) => ({ namePrefixes: [prefix] })),
  { ids: new Set(["1_3", "1_x"]), names: new Set(["B", "é-1"]), namePrefixes: ["ROOM", "%"] },
];
