import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import pg from "pg";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { TokenFormat } from "../../src/domain/connection-token.ts";
import type { IssuedToken } from "../../src/domain/issued-token.ts";
import { Role } from "../../src/domain/role.ts";
import { type Session, sessionKnownById } from "../../src/domain/session.ts";
import {
  ALL_SESSIONS,
  isSelected,
  NO_SESSIONS,
  type SessionSelection,
} from "../../src/domain/session-selection.ts";
import { DatabaseUnavailable, reasonOf, StartupError } from "../../src/errors.ts";
import { type DatabaseOptions, openDatabase, openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { dump } from "../../src/store/dump.ts";
import type { Database } from "../../src/store/engine.ts";
import { MIGRATIONS } from "../../src/store/migrations/index.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import type { ApiKey, SessionPlace } from "../../src/store/store.ts";
import { inOrder } from "../support/in-order.ts";
import { DATABASE_PASSWORD, freePort, startPostgres } from "../support/postgres.ts";
import { migrateUrl, newDatabaseUrl, openStore, sharedPostgres } from "../support/stores.ts";
import { startTransactionPooler } from "../support/transaction-pooler.ts";

const PROJECT = "12345678";
const CREATED_AT = new Date(1_795_500_000_123);
const LONG = 60_000;
/** By when a use of the database that gets no answer has failed, in milliseconds: two seconds, and the machine's noise. */
const LIMIT = 2500;
/** By when it has not, in milliseconds. */
const PATIENT = 1500;

const MIGRATION_NAMES = Object.keys(MIGRATIONS);

const session = (sessionId: string, name: string | null = null): Session => ({
  ...sessionKnownById(sessionId, { owner: PROJECT, location: null, createdAt: CREATED_AT }),
  name,
});

const named = (sessionId: string, name: string) => ({ ...session(sessionId), name });

const issued = (id: string): IssuedToken => ({
  id,
  sessionId: "1_a",
  role: Role.PUBLISHER_ONLY,
  format: TokenFormat.T1,
  issuedTo: "somebody",
  issuedAt: CREATED_AT,
  expiresAt: new Date(CREATED_AT.getTime() + LONG),
});

const apiKey = (id: string, name: string): ApiKey => ({
  id,
  name,
  digest: "00".repeat(32),
  claims: { scope: "tokens:create" },
  createdAt: CREATED_AT,
  revokedAt: null,
});

const count = <T>(length: number, make: (i: number) => T): T[] => Array.from({ length }, (_, i) => make(i));

const newUrl = (options?: { bare: boolean }) => newDatabaseUrl("PostgreSQL", options);

/** A connection to a database that is closed when the test is over. */
async function newClient(url: string, config: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, ...config });
  // A test may take its connection away.
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.end().catch(() => {}));
  return client;
}

async function openWith(url: string, options: DatabaseOptions): Promise<Database> {
  const database = await openDatabase(parseDatabaseUrl(url), options);
  onTestFinished(() => database.kysely.destroy().catch(() => {}));
  return database;
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(error instanceof Error)) throw new Error("it did not fail");
  return error;
}

/** Expects that the database is given up, at the time at which it is to be. */
async function expectGivenUp(use: () => Promise<unknown>): Promise<void> {
  const begin = performance.now();
  const error = await failureOf(use());
  const duration = performance.now() - begin;
  expect(error).toBeInstanceOf(DatabaseUnavailable);
  expect(duration).toBeLessThan(LIMIT);
  expect(duration).toBeGreaterThan(PATIENT);
}

describe("through a pooler that gives each transaction another connection", () => {
  const SERVERS = 2;

  /** A pooler that is closed when the test is over, and what is wrong once the work through it is done. */
  async function newPooler(options?: { bare: boolean }) {
    const pooler = await startTransactionPooler(await newUrl(options), SERVERS);
    onTestFinished(pooler.close);
    return pooler;
  }

  const newStores = async (length: number) => {
    const { url } = await newPooler();
    return { url, stores: await Promise.all(count(length, () => openStore(url))) };
  };

  /** What the server connections have that outlives a transaction, asked of each of them. */
  async function leftIn(url: string): Promise<unknown[]> {
    const client = await newClient(url);
    const left: unknown[] = [];
    const asked = new Set<number>();
    const end = performance.now() + 2000;
    // One that was lost is replaced after a moment.
    while (asked.size < SERVERS && performance.now() < end) {
      // In one transaction, which is one server connection.
      const [pids, ...found] = (await client.query(`
        select pg_backend_pid() as pid;
        select 'lock' as kind, * from pg_locks where locktype = 'advisory';
        select 'statement' as kind, name from pg_prepared_statements;
        select 'setting' as kind, name from pg_settings where source = 'session';
        select 'transaction' as kind, query from pg_stat_activity
          where datname = current_database() and state like 'idle in transaction%';
      `)) as unknown as pg.QueryResult[];
      asked.add(pids?.rows[0].pid);
      left.push(...found.flatMap(({ rows }) => rows));
    }
    expect(asked.size).toBe(SERVERS);
    return left;
  }

  it("what a connection keeps would be found there, and parameters of a session are refused", async () => {
    const { url } = await newPooler({ bare: true });
    const client = await newClient(url);
    await client.query({ name: "kept", text: "select pg_advisory_lock(1)" });
    await client.query("set search_path to public");
    const left = (await leftIn(url)) as { kind: string }[];
    expect(new Set(left.map(({ kind }) => kind))).toEqual(new Set(["lock", "statement", "setting"]));
    const refused = await failureOf(newClient(url, { statement_timeout: 1000 }));
    expect(refused).toMatchObject({
      code: "08P01",
      severity: "FATAL",
      message: "unsupported startup parameter: statement_timeout",
    });
  });

  it("a transaction whose client goes away is left to nobody", async () => {
    const { url } = await newPooler({ bare: true });
    const client = await newClient(url);
    await client.query("create table kept (id int)");
    await client.query("begin; insert into kept values (1)");
    await client.end();
    const others = await Promise.all(count(2 * SERVERS, () => newClient(url)));
    const counts = await Promise.all(others.map((other) => other.query("select * from kept")));
    expect(counts.map(({ rowCount }) => rowCount)).toEqual(count(2 * SERVERS, () => 0));
    expect(await leftIn(url)).toEqual([]);
  });

  it("the tables are made once, however many ask for them at once", async () => {
    const { url } = await newPooler({ bare: true });
    const made = await Promise.all(count(3, () => migrateUrl(url)));
    expect(made.sort((a, b) => b.length - a.length)).toEqual([MIGRATION_NAMES, [], []]);
    expect(await migrateUrl(url)).toEqual([]);
    await (await openStore(url)).ping();
    expect(await leftIn(url)).toEqual([]);
  });

  it("a migration that fails keeps nobody from the next one, and made nothing", async () => {
    const { url } = await newPooler({ bare: true });
    const client = await newClient(url);
    await client.query("create table session_names (id int)");
    await expect(migrateUrl(url)).rejects.toThrow('relation "session_names" already exists');
    expect(await leftIn(url)).toEqual([]);
    const { rows } = await client.query("select tablename from pg_tables where schemaname = 'public'");
    expect(rows).toEqual([{ tablename: "session_names" }]);
    await client.query("drop table session_names");
    expect(await migrateUrl(url)).toEqual(MIGRATION_NAMES);
    expect(await leftIn(url)).toEqual([]);
  });

  it("every token is recorded once, whichever of two servers issues it", async () => {
    const { url, stores } = await newStores(2);
    const ids = count(300, (i) => `id-${i}`);
    await Promise.all(ids.map((id, i) => stores[i % 2]?.ledger.record([issued(id)])));
    for (const { ledger } of stores) {
      const found = await ledger.newest(["1_a"], 1000, null);
      expect(found.map((recorded) => recorded.issued.id).sort()).toEqual([...ids].sort());
      await ledger.check();
    }
    expect(await leftIn(url)).toEqual([]);
  });

  it("a name is leased to one of many, who alone says what it stands for", async () => {
    const { url, stores } = await newStores(3);
    const leases = await Promise.all(
      count(40, (i) => stores[i % 3]?.names.lease(PROJECT, "standup", null, LONG)),
    );
    const had = leases.filter((lease) => typeof lease === "string");
    expect(had).toHaveLength(1);
    const assigned = await Promise.all(
      count(9, (i) => {
        const lease = i === 4 ? (had[0] ?? "") : `not a lease ${i}`;
        return stores[i % 3]?.names.assign(lease, named(`1_${i}`, "standup"));
      }),
    );
    expect(assigned).toEqual(count(9, (i) => i === 4));
    for (const { names, sessions } of stores) {
      expect((await names.find(PROJECT, "standup")).current?.session).toEqual(named("1_4", "standup"));
      expect(await sessions.list(PROJECT, ALL_SESSIONS, 10, null)).toHaveLength(1);
    }
    expect(await leftIn(url)).toEqual([]);
  });

  it("names that are assigned at once each stand for their session, and one that cannot be leaves none", async () => {
    const { url, stores } = await newStores(2);
    await stores[0]?.sessions.add(session("1_5"));
    const assign = async (i: number) => {
      const names = stores[i % 2]?.names;
      const lease = (await names?.lease(PROJECT, `room-${i}`, null, LONG)) ?? "";
      return names?.assign(lease, named(`1_${i}`, `room-${i}`));
    };
    const outcomes = await Promise.allSettled(count(8, assign));
    expect(outcomes.map(({ status }) => status)).toEqual(
      count(8, (i) => (i === 5 ? "rejected" : "fulfilled")),
    );
    const found = await Promise.all(count(8, (i) => stores[(i + 1) % 2]?.names.find(PROJECT, `room-${i}`)));
    expect(found.map((state) => state?.current?.session.sessionId)).toEqual(
      count(8, (i) => (i === 5 ? undefined : `1_${i}`)),
    );
    expect(await leftIn(url)).toEqual([]);
  });

  it("pages of sessions follow each other while others are asked for", async () => {
    const { url, stores } = await newStores(2);
    const ids = count(23, (i) => `1_${i}`);
    for (const id of ids) await stores[0]?.sessions.add(session(id));
    const readAll = async (store: (typeof stores)[number], size: number) => {
      const read: string[] = [];
      let position: number | null = null;
      do {
        const after: SessionPlace | null = position === null ? null : { name: null, position };
        const page = await store.sessions.list(PROJECT, ALL_SESSIONS, size, after);
        read.push(...page.map((found) => found.session.sessionId));
        position = page.at(-1)?.position ?? null;
      } while (position !== null);
      return read.reverse();
    };
    const readers = stores.flatMap((store) => [1, 4, 5, 30].map((size) => readAll(store, size)));
    expect(await Promise.all(readers)).toEqual(readers.map(() => ids));
    expect(await leftIn(url)).toEqual([]);
  });

  it("one API key of a name is added and revoked, whichever server is asked", async () => {
    const { url, stores } = await newStores(2);
    const added = await Promise.all(
      count(10, (i) => stores[i % 2]?.apiKeys.add(apiKey(`0000000${i}`, "web"))),
    );
    expect(added.filter((one) => one)).toHaveLength(1);
    const keys = await stores[0]?.apiKeys.list();
    expect(keys).toMatchObject([apiKey(`0000000${added.indexOf(true)}`, "web")]);
    const revoked = await Promise.all(count(10, (i) => stores[i % 2]?.apiKeys.revoke("web", CREATED_AT)));
    expect(revoked.filter((one) => one)).toHaveLength(1);
    expect((await stores[1]?.apiKeys.find(keys?.[0]?.id ?? ""))?.revokedAt).toEqual(CREATED_AT);
    expect(await leftIn(url)).toEqual([]);
  });

  it("a dump is of one instant, though its transaction is long and others write", async () => {
    const { url, stores } = await newStores(2);
    await Promise.all(count(600, (i) => stores[0]?.ledger.record([issued(`id-${i}`)])));
    await Promise.all(count(10, (i) => stores[1]?.sessions.add(session(`1_${i}`))));
    const source = await openForMaintenance(parseDatabaseUrl(url));
    onTestFinished(() => source.kysely.destroy());
    let written = 0;
    const write = async (lines: string) => {
      // The instant is that of the first row.
      if (lines.startsWith('{"kind":"stagepass"')) return;
      await stores[1]?.ledger.record([issued(`later-${written}`)]);
      written += 1;
    };
    const summary = await dump(source.kysely, CREATED_AT, write, () => {});
    expect(written).toBeGreaterThan(3);
    expect(summary.issued_tokens?.rows).toBe(600);
    expect(summary.sessions?.rows).toBe(10);
    // A transaction that may only read, and what it saw, are left to nobody.
    expect(await stores[0]?.ledger.newest(["1_a"], 1000, null)).toHaveLength(600 + written);
    expect(await leftIn(url)).toEqual([]);
  });

  it("what does not answer in time is given up, although no time limit of PostgreSQL's is to be had", async () => {
    const { url, stores } = await newStores(1);
    const [store] = stores;
    const unlock = await lockSessions(url);
    await expectGivenUp(async () => store?.sessions.findMany(["1_a"]));
    await unlock();
    expect(await store?.sessions.findMany(["1_a"])).toEqual([]);
    expect(await leftIn(url)).toEqual([]);
  });
});

/** Keeps everybody from the sessions until what it resolves to is called. */
async function lockSessions(url: string): Promise<() => Promise<unknown>> {
  const client = await newClient(url);
  await client.query("begin");
  await client.query("lock table sessions in access exclusive mode");
  return () => client.query("commit");
}

describe("a database", () => {
  const opens = { "a server": openDatabase, "a command": openForMaintenance };

  it.each(Object.entries(opens))("whose encoding is not UTF8 is refused by %s", async (_, open) => {
    const options = "ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'";
    const url = await (await sharedPostgres()).createDatabase(options);
    const error = await failureOf(open(parseDatabaseUrl(url)));
    expect(error).toBeInstanceOf(StartupError);
    expect(error.message).toMatch(
      /^DATABASE_URL: 127\.0\.0\.1:\d+\/stagepass_\d+ cannot be used as the database: its encoding must be UTF8, and is SQL_ASCII$/,
    );
  });

  it("that sorts as a language does lists the sessions that the domain selects, and no others", async () => {
    const options = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' TEMPLATE template0 ENCODING 'UTF8'";
    const url = await (await sharedPostgres()).createDatabase(options);
    await migrateUrl(url);
    const { sessions, names, database } = await openStore(url);
    const { rows } = await sql`select 'room' < 'ROOM' as language`.execute(database.kysely);
    expect(rows).toEqual([{ language: true }]);

    const all = NAMES.map((name, i) => session(`1_${i}`, name));
    for (const one of all) await sessions.add(one);
    for (const selected of SELECTIONS) {
      const selection: SessionSelection = { ...NO_SESSIONS, ...selected };
      const found = await sessions.list(PROJECT, selection, 100, null);
      const expected = all.filter(({ sessionId, name }) => isSelected(selection, sessionId, name));
      expect([selected, found.map((item) => item.session)]).toEqual([selected, inOrder(selection, expected)]);
    }
    for (const name of DISTINCT_NAMES) {
      expect([name, await names.lease(PROJECT, name, null, LONG)]).toEqual([name, expect.any(String)]);
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

    const lease = await names.lease(PROJECT, "standup", null, LONG);
    await names.assign(lease ?? "", named("1_c", "standup"));
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

describe("the password of the database is said by no error", () => {
  let right = "";
  beforeAll(async () => {
    right = await newUrl({ bare: true });
  });

  const changed = async (change: (url: URL) => void | Promise<void>) => {
    const url = new URL(right);
    await change(url);
    return url.href;
  };

  it.each<[string, (url: URL) => void | Promise<void>, RegExp]>([
    [
      "it is wrong",
      (url) => {
        url.password = `${DATABASE_PASSWORD}-not`;
      },
      /password authentication failed for user "stagepass"$/,
    ],
    [
      "the user is unknown",
      (url) => {
        url.username = "nobody";
      },
      /password authentication failed for user "nobody"$/,
    ],
    [
      "the database does not exist",
      (url) => {
        url.pathname = "/nowhere";
      },
      /database "nowhere" does not exist$/,
    ],
    [
      "nobody listens at the port",
      async (url) => {
        url.port = String(await freePort());
      },
      /connect ECONNREFUSED 127\.0\.0\.1:\d+$/,
    ],
    [
      "the host does not exist",
      (url) => {
        url.hostname = "nohost.invalid";
      },
      /getaddrinfo \w+ nohost\.invalid$/,
    ],
    ["TLS is not to be had", (url) => url.searchParams.set("sslmode", "no-verify"), /SSL/],
    [
      "a parameter's file does not exist",
      (url) => url.searchParams.set("sslrootcert", "/nowhere.pem"),
      /ENOENT.*nowhere\.pem/,
    ],
    [
      "a parameter is unknown to PostgreSQL",
      (url) => url.searchParams.set("options", "-c nothing=1"),
      /unrecognized configuration parameter "nothing"$/,
    ],
    ["a parameter is no number", (url) => url.searchParams.set("statement_timeout", "soon"), /"NaN"$/],
    [
      "it cannot be decoded",
      (url) => {
        url.password = `${DATABASE_PASSWORD}%ff`;
      },
      /URI malformed$/,
    ],
  ])("when %s", async (_, change, reason) => {
    const url = await changed(change);
    for (const open of [openDatabase, openForMaintenance]) {
      const error = await failureOf(open(parseDatabaseUrl(url)));
      expect(error).toBeInstanceOf(StartupError);
      expect((error as StartupError).problems).toEqual([error.message]);
      expect(error.message).toMatch(/^DATABASE_URL: .+$/);
      expect(error.message).toMatch(reason);
      expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain(DATABASE_PASSWORD);
    }
  });

  it("when PostgreSQL is killed", async () => {
    // A small one of its own, which is soon itself again.
    const postgres = await startPostgres();
    onTestFinished(postgres.stop);
    const url = await postgres.createDatabase();
    await migrateUrl(url);
    const lost: string[] = [];
    const database = await openWith(url, { onLost: (reason) => lost.push(reason) });
    const store = sqlStore(database);
    // Two connections, of which one is then in use.
    await Promise.all([store.ping(), store.ping()]);
    const cutOff = failureOf(sql`select pg_sleep(1.5)`.execute(database.kysely));
    await sleep(200);
    await postgres.kill();
    try {
      await expect.poll(() => lost).toEqual([expect.stringContaining("terminat")]);
      const refused = await failureOf(store.ping());
      for (const error of [await cutOff, refused]) {
        expect(error).toBeInstanceOf(DatabaseUnavailable);
        expect(reasonOf(error)).toMatch(/ECONNREFUSED|terminat/);
        expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(DATABASE_PASSWORD);
      }
    } finally {
      await postgres.start();
    }
    await store.ping();
  });
});

describe("within two seconds", () => {
  const pidOf = async ({ kysely }: Database): Promise<number> => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(kysely);
    return rows[0]?.pid ?? 0;
  };

  it("a table that somebody else has locked is given up, and used again once it is free", async () => {
    const url = await newUrl();
    const { sessions } = await openStore(url);
    const unlock = await lockSessions(url);
    await Promise.all([
      expectGivenUp(() => sessions.add(session("1_a"))),
      expectGivenUp(() => sessions.findMany(["1_a"])),
    ]);
    // Nothing of it waits on in PostgreSQL, which would do it after all.
    const observer = await newClient(url);
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

  it("whoever gets no connection gives up, and leaves the pool whole", async () => {
    const database = await openWith(await newUrl(), { poolSize: 2 });
    const free = await occupy(database, 2);
    await Promise.all(count(3, () => expectGivenUp(() => pidOf(database))));
    await free();
    await (await occupy(database, 2))();
    await Promise.all(count(5, () => pidOf(database)));
  });

  it("all steps of a transaction are over, together", async () => {
    const database = await openWith(await newUrl(), {});
    await expectGivenUp(() =>
      database.kysely.transaction().execute(async (transaction) => {
        for (let i = 0; i < 5; i++) await sql`select pg_sleep(0.9)`.execute(transaction);
      }),
    );
    await pidOf(database);
  });

  it("a statement is ended by PostgreSQL, and its connection is used again", async () => {
    const database = await openWith(await newUrl(), { poolSize: 1 });
    const before = await pidOf(database);
    await expectGivenUp(() => sql`select pg_sleep(30)`.execute(database.kysely));
    expect(await pidOf(database)).toBe(before);
  });

  it("a connection that did not answer is given up, and is not used again", async () => {
    const url = await newUrl();
    const database = await openWith(url, { poolSize: 1 });
    const before = await pidOf(database);
    await sql`set statement_timeout = 0`.execute(database.kysely);
    await expectGivenUp(() => sql`select pg_sleep(30)`.execute(database.kysely));
    const begin = performance.now();
    const after = await pidOf(database);
    // Nor does anybody wait for what was given up.
    expect(performance.now() - begin).toBeLessThan(1000);
    expect(after).not.toBe(before);
    const observer = await newClient(url);
    // It has no time limit any more, and goes on for as long as it sleeps.
    const others =
      "select pid from pg_stat_activity where datname = current_database() and application_name = 'stagepass' and pid <> $1";
    expect((await observer.query(others, [before])).rows).toEqual([{ pid: after }]);
  });

  it("a connection that refused a query is used again", async () => {
    const database = await openWith(await newUrl(), { poolSize: 1 });
    const { sessions } = sqlStore(database);
    await sessions.add(session("1_a"));
    const before = await pidOf(database);
    const error = await failureOf(sessions.add(session("1_a")));
    expect(error).not.toBeInstanceOf(DatabaseUnavailable);
    expect(error.message).toContain("duplicate key");
    expect(await pidOf(database)).toBe(before);
  });

  it("a connection that was taken away is replaced", async () => {
    const url = await newUrl();
    const lost: string[] = [];
    const database = await openWith(url, { poolSize: 1, onLost: (reason) => lost.push(reason) });
    const before = await pidOf(database);
    const observer = await newClient(url);
    await observer.query("select pg_terminate_backend($1)", [before]);
    await expect.poll(() => lost).toEqual([expect.stringContaining("terminating connection")]);
    expect(await pidOf(database)).not.toBe(before);
  });

  it.each([
    ["works", "select pg_sleep(1.5)"],
    ["waits for the next query", "select 1"],
  ])(
    "a connection that is taken away while a transaction %s is given up, and is replaced",
    async (_, query) => {
      const url = await newUrl();
      const database = await openWith(url, { poolSize: 1 });
      const before = await pidOf(database);
      const observer = await newClient(url);
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
