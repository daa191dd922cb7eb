import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { ENGINES, newDatabaseUrl } from "../support/stores.ts";

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
