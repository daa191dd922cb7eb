import type pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { ALL_SESSIONS } from "../../src/domain/session-selection.ts";
import { openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { dump } from "../../src/store/dump.ts";
import { MIGRATIONS } from "../../src/store/migrations/index.ts";
import type { SessionPlace } from "../../src/store/store.ts";
import {
  expectGivenUp,
  failureOf,
  lockSessions,
  newClient,
  newUrl,
} from "../support/postgres-connections.ts";
import { apiKey, CREATED_AT, count, issued, PROJECT, session } from "../support/records.ts";
import { migrateUrl, openStore } from "../support/stores.ts";
import { startTransactionPooler } from "../support/transaction-pooler.ts";

const MIGRATION_NAMES = Object.keys(MIGRATIONS);

/** How long a lease holds that no test waits for, in milliseconds. */
const LEASE = 60_000;

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
        select 'lock' as kind, * from pg_locks where locktype = 'advisory'
          and database = (select oid from pg_database where datname = current_database());
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
      count(40, (i) => stores[i % 3]?.names.lease(PROJECT, "standup", null, LEASE)),
    );
    const had = leases.filter((lease) => typeof lease === "string");
    expect(had).toHaveLength(1);
    const assigned = await Promise.all(
      count(9, (i) => {
        const lease = i === 4 ? (had[0] ?? "") : `not a lease ${i}`;
        return stores[i % 3]?.names.assign(lease, session(`1_${i}`, { name: "standup" }));
      }),
    );
    expect(assigned).toEqual(count(9, (i) => i === 4));
    for (const { names, sessions } of stores) {
      expect((await names.find(PROJECT, "standup")).current?.session).toEqual(
        session("1_4", { name: "standup" }),
      );
      expect(await sessions.list(PROJECT, ALL_SESSIONS, 10, null)).toHaveLength(1);
    }
    expect(await leftIn(url)).toEqual([]);
  });

  it("names that are assigned at once each stand for their session, and one that cannot be leaves none", async () => {
    const { url, stores } = await newStores(2);
    await stores[0]?.sessions.add(session("1_5"));
    const assign = async (i: number) => {
      const names = stores[i % 2]?.names;
      const lease = (await names?.lease(PROJECT, `room-${i}`, null, LEASE)) ?? "";
      return names?.assign(lease, session(`1_${i}`, { name: `room-${i}` }));
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
