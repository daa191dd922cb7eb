import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { TokenFormat } from "../../src/domain/connection-token.ts";
import { Role } from "../../src/domain/role.ts";
import { openDatabase } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { issuanceLedger } from "../../src/store/issuance-ledger.ts";
import { ENGINES, newDatabaseUrl, openStore } from "../support/stores.ts";

describe.each(ENGINES)("the state of the connections, on %s", (engine) => {
  it("tells how many are used, and how many uses wait", async () => {
    const database = await openDatabase(parseDatabaseUrl(await newDatabaseUrl(engine)), { poolSize: 1 });
    const { kysely } = database;
    let leave = () => {};
    const held = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const use = kysely.connection().execute(() => held);
    await expect.poll(() => database.engine.pool()).toEqual({ used: 1, idle: 0, waiting: 0 });
    const waiting = [1, 2].map(() => sql`select 1`.execute(kysely));
    await expect.poll(() => database.engine.pool()).toEqual({ used: 1, idle: 0, waiting: 2 });
    leave();
    await Promise.all([use, ...waiting]);
    await expect.poll(() => database.engine.pool()).toEqual({ used: 0, idle: 1, waiting: 0 });
    await kysely.destroy();
  });
});

it("commits of the ledger are told of, those that fail, too", async () => {
  const { database } = await openStore(":memory:");
  const told: unknown[] = [];
  const ledger = issuanceLedger(database, {
    onChange: (cause) => told.push(cause === null ? "works" : "fails"),
    onCommit: (records, milliseconds, done) => told.push([records, milliseconds >= 0, done]),
  });
  const record = () =>
    ledger.record(["a", "b"].map((id) => ({ ...issued, id: `${id}${told.length}` }))).catch(() => {});
  await record();
  await sql`alter table issued_tokens rename to elsewhere`.execute(database.kysely);
  await record();
  await record();
  await sql`alter table elsewhere rename to issued_tokens`.execute(database.kysely);
  await record();
  expect(told).toEqual([
    [2, true, true],
    [2, true, false],
    "fails",
    [2, true, false],
    [2, true, true],
    "works",
  ]);
});

const issued = {
  sessionId: "1_a",
  role: Role.PUBLISHER,
  format: TokenFormat.JWT,
  issuedTo: "bob",
  issuedAt: new Date(0),
  expiresAt: new Date(1000),
};
