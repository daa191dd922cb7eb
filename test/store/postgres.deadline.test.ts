import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { describe, it } from "vitest";
import { DatabaseUnavailable } from "../../src/errors.ts";
import type { Database } from "../../src/store/engine.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import {
  expectGivenUp,
  failureOf,
  lockSessions,
  newClient,
  newUrl,
  openWith,
} from "../support/postgres-connections.ts";
import { count, session } from "../support/records.ts";

describe.concurrent("within two seconds", () => {
  const pidOf = async ({ kysely }: Database): Promise<number> => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(kysely);
    return rows[0]?.pid ?? 0;
  };

  it("a table that somebody else has locked is given up, and used again once it is free", async ({
    expect,
    onTestFinished,
  }) => {
    const url = await newUrl();
    const { sessions } = sqlStore(await openWith(url, {}, onTestFinished));
    const unlock = await lockSessions(url, onTestFinished);
    await Promise.all([
      expectGivenUp(() => sessions.add(session("1_a"))),
      expectGivenUp(() => sessions.findMany(["1_a"])),
    ]);
    // Nothing of it waits on in PostgreSQL, which would do it after all.
    const observer = await newClient(url, {}, onTestFinished);
    const waiting =
      "select * from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    await expect.poll(async () => (await observer.query(waiting)).rows).toEqual([]);
    await unlock();
    expect(await sessions.findMany(["1_a"])).toEqual([]);
    await sessions.add(session("1_a"));
    expect(await sessions.findMany(["1_a"])).toEqual([session("1_a")]);
  });

  /** Has `size` connections at once until what it resolves to is called. */
  async function occupy({ kysely }: Database, size: number): Promise<() => Promise<unknown>> {
    const [taken, free] = [deferred(), deferred()];
    let held = 0;
    const transactions = count(size, () =>
      kysely.transaction().execute(async () => {
        held += 1;
        if (held === size) taken.resolve();
        await free.promise;
      }),
    );
    await Promise.race([taken.promise, Promise.all(transactions)]);
    return () => {
      free.resolve();
      return Promise.allSettled(transactions);
    };
  }

  it("whoever gets no connection gives up, and leaves the pool whole", async ({ onTestFinished }) => {
    const database = await openWith(await newUrl(), { poolSize: 2 }, onTestFinished);
    const free = await occupy(database, 2);
    await Promise.all(count(3, () => expectGivenUp(() => pidOf(database))));
    await free();
    await (await occupy(database, 2))();
    await Promise.all(count(5, () => pidOf(database)));
  });

  it("all steps of a transaction are over, together", async ({ onTestFinished }) => {
    const database = await openWith(await newUrl(), {}, onTestFinished);
    await expectGivenUp(() =>
      database.kysely.transaction().execute(async (transaction) => {
        for (let i = 0; i < 5; i++) await sql`select pg_sleep(0.9)`.execute(transaction);
      }),
    );
    await pidOf(database);
  });

  it("a statement is ended by PostgreSQL, and its connection is used again", async ({
    expect,
    onTestFinished,
  }) => {
    const database = await openWith(await newUrl(), { poolSize: 1 }, onTestFinished);
    const before = await pidOf(database);
    await expectGivenUp(() => sql`select pg_sleep(30)`.execute(database.kysely));
    expect(await pidOf(database)).toBe(before);
  });

  it("a connection that did not answer is given up, and is not used again", async ({
    expect,
    onTestFinished,
  }) => {
    const url = await newUrl();
    const database = await openWith(url, { poolSize: 1 }, onTestFinished);
    const before = await pidOf(database);
    await sql`set statement_timeout = 0`.execute(database.kysely);
    await expectGivenUp(() => sql`select pg_sleep(30)`.execute(database.kysely));
    const begin = performance.now();
    const after = await pidOf(database);
    // Nor does anybody wait for what was given up.
    expect(performance.now() - begin).toBeLessThan(1000);
    expect(after).not.toBe(before);
    const observer = await newClient(url, {}, onTestFinished);
    // It has no time limit any more, and goes on for as long as it sleeps.
    const others =
      "select pid from pg_stat_activity where datname = current_database() and application_name = 'stagepass' and pid <> $1";
    expect((await observer.query(others, [before])).rows).toEqual([{ pid: after }]);
  });

  it("a connection that refused a query is used again", async ({ expect, onTestFinished }) => {
    const database = await openWith(await newUrl(), { poolSize: 1 }, onTestFinished);
    const { sessions } = sqlStore(database);
    await sessions.add(session("1_a"));
    const before = await pidOf(database);
    const error = await failureOf(sessions.add(session("1_a")));
    expect(error).not.toBeInstanceOf(DatabaseUnavailable);
    expect(error.message).toContain("duplicate key");
    expect(await pidOf(database)).toBe(before);
  });

  it("a connection that was taken away is replaced", async ({ expect, onTestFinished }) => {
    const url = await newUrl();
    const lost: string[] = [];
    const database = await openWith(
      url,
      { poolSize: 1, onLost: (reason) => lost.push(reason) },
      onTestFinished,
    );
    const before = await pidOf(database);
    const observer = await newClient(url, {}, onTestFinished);
    await observer.query("select pg_terminate_backend($1)", [before]);
    await expect.poll(() => lost).toEqual([expect.stringContaining("terminating connection")]);
    expect(await pidOf(database)).not.toBe(before);
  });

  it.for<[string, string]>([
    ["works", "select pg_sleep(1.5)"],
    ["waits for the next query", "select 1"],
  ])(
    "a connection that is taken away while a transaction %s is given up, and is replaced",
    async ([, query], { expect, onTestFinished }) => {
      const url = await newUrl();
      const database = await openWith(url, { poolSize: 1 }, onTestFinished);
      const before = await pidOf(database);
      const observer = await newClient(url, {}, onTestFinished);
      const transaction = failureOf(
        database.kysely.transaction().execute(async (kysely) => {
          await sql.raw(query).execute(kysely);
          await sleep(500);
          await sql.raw(query).execute(kysely);
        }),
      );
      await sleep(250);
      await observer.query("select pg_terminate_backend($1)", [before]);
      expect(await transaction).toBeInstanceOf(DatabaseUnavailable);
      expect(await pidOf(database)).not.toBe(before);
    },
  );
});

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((onResolve) => {
    resolve = onResolve;
  });
  return { promise, resolve };
}
