import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CompiledQuery, Kysely, type RawBuilder, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IssuanceInterval } from "../../src/domain/issuance.ts";
import { ALL_SESSIONS, NO_SESSIONS, type SessionSelection } from "../../src/domain/session-selection.ts";
import { openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { migrate } from "../../src/store/migrate.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import type { SessionPlace, Store } from "../../src/store/store.ts";
import type { Tables } from "../../src/store/tables.ts";
import { newDatabaseUrl } from "../support/stores.ts";

const folder = mkdtempSync(join(tmpdir(), "stagepass-"));
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
});

const PROJECT = "12345678";
/** How many sessions the project has; another one's are before them, and as many. */
const SESSIONS = 60_000;
/** How many tokens the old session has, and the hundred others have together, all of them later. */
const OLD_TOKENS = 20_000;
const OTHER_TOKENS = 200_000;

const PAGE = 21;
const MAX = 10_000;

const count = <T>(length: number, make: (i: number) => T): T[] => Array.from({ length }, (_, i) => make(i));

/** The oldest sessions have the name `old`. Of the others a half are `team-…`, and a sixth each `lobby`, `room-…`, and without a name. */
const sessionsOf = (project: string, numbers: RawBuilder<unknown>) => sql`
  insert into sessions (session_id, application_id, name, media_mode, created_at)
  select ${sql.lit(project)} || '_' || i, ${sql.lit(project)},
    case when i <= 2000 then 'old' when i % 6 = 0 then null when i % 6 = 1 then 'lobby'
      when i % 6 = 2 then 'room-' || (i % 1000) else 'team-' || ((i * 7919) % 100000) end, 'relayed', i
  from ${numbers} as numbers`;
const tokensOf = (session: RawBuilder<unknown>, numbers: RawBuilder<unknown>) => sql`
  insert into issued_tokens (id, session_id, role, format, issued_to, issued_at, expires_at)
  select 'id', ${session}, 'publisher', 'JWT', 'somebody', 0, 0 from ${numbers} as numbers`;

const ids = new Set(count(100, (i) => `${PROJECT}_${i * 500 + 1}`));
const names = new Set(["lobby", "old", ...count(98, (i) => `room-${i * 10 + 2}`)]);
const prefixes = count(90, (i) => `team-${i + 10}`);

/** Where a page begins in the middle of each list. */
const LATER: SessionPlace = { name: "lobby", position: SESSIONS + 30_000 };

/** How SQLite finds what it reads, of each part. */
const BY_ID = "sqlite_autoindex_sessions_1 (session_id=?)";
const BY_NAME = "sessions_in_order (application_id=? AND name=?)";
const BY_NAME_LATER = "sessions_in_order (application_id=? AND name=? AND <expr>>?)";
const BY_RANGE = "sessions_in_order (application_id=? AND name>? AND name<?)";
const NEWEST = "sessions_by_application (application_id=? AND position<?)";
const COUNTED = "sessions_by_name (application_id=? AND name>? AND name<?)";
const TOKENS = "issued_tokens_by_session (session_id=? AND position<?)";

interface Case {
  readonly selection: SessionSelection;
  /** How many walks it takes. */
  readonly parts: number;
  readonly first: readonly string[];
  readonly later: readonly string[];
  readonly counted: readonly string[];
}

const CASES: Readonly<Record<string, Case>> = {
  "every session": {
    selection: ALL_SESSIONS,
    parts: 1,
    first: [NEWEST],
    later: [NEWEST],
    counted: [NEWEST],
  },
  "a hundred IDs": {
    selection: { ...NO_SESSIONS, ids },
    parts: 1,
    first: [BY_ID],
    later: [BY_ID],
    counted: [BY_ID],
  },
  "a name of old sessions": {
    selection: { ...NO_SESSIONS, names: new Set(["old"]) },
    parts: 1,
    first: [BY_NAME],
    later: [BY_NAME_LATER],
    counted: [COUNTED],
  },
  "a hundred names": {
    selection: { ...NO_SESSIONS, names },
    parts: 100,
    first: [BY_NAME],
    later: [BY_NAME_LATER],
    counted: [COUNTED],
  },
  "a prefix": {
    selection: { ...NO_SESSIONS, namePrefixes: ["team-"] },
    parts: 1,
    first: [BY_RANGE],
    later: [BY_RANGE],
    counted: [COUNTED],
  },
  "every name": {
    selection: { ...NO_SESSIONS, namePrefixes: [""] },
    parts: 2,
    first: [BY_RANGE],
    later: [BY_NAME_LATER, BY_RANGE],
    counted: [COUNTED],
  },
  "many prefixes": {
    selection: { ...NO_SESSIONS, namePrefixes: prefixes },
    parts: 90,
    first: [BY_RANGE],
    later: [BY_RANGE],
    counted: [COUNTED],
  },
  "IDs and names": {
    selection: { ...NO_SESSIONS, ids, names },
    parts: 101,
    first: [BY_ID, BY_NAME],
    later: [BY_ID, BY_NAME_LATER],
    counted: [BY_ID, COUNTED],
  },
  "IDs, names and prefixes": {
    selection: { all: false, ids, names, namePrefixes: [...prefixes, "l", "team-1"] },
    parts: 191,
    first: [BY_ID, BY_RANGE],
    later: [BY_ID, BY_NAME_LATER, BY_RANGE],
    counted: [BY_ID, COUNTED],
  },
};

/** Fills a database, and makes a store of which `explain` tells how the database answers a read. */
async function fill(url: string, numbers: (rows: number) => RawBuilder<unknown>) {
  const database = await openForMaintenance(parseDatabaseUrl(url));
  const { kysely, engine } = database;
  await migrate(database);
  await sessionsOf("87654321", numbers(SESSIONS)).execute(kysely);
  await sessionsOf(PROJECT, numbers(SESSIONS)).execute(kysely);
  await tokensOf(sql`'old'`, numbers(OLD_TOKENS)).execute(kysely);
  await tokensOf(sql`'busy_' || (i % 100)`, numbers(OTHER_TOKENS)).execute(kysely);
  await sql`analyze`.execute(kysely);
  const asked: CompiledQuery[] = [];
  const reads = new Kysely<Tables>({
    dialect: engine.readDialect ?? engine.dialect,
    log({ query }) {
      asked.push(query);
    },
  });
  const explain = async (how: string, read: (store: Store) => Promise<unknown>) => {
    asked.length = 0;
    await read(sqlStore({ ...database, reads }));
    const queries = asked.filter((query) => query.sql.trimStart().startsWith("select"));
    const settings = queries.filter((query) => query.sql.includes("set_config"));
    const [query, ...others] = queries.filter((each) => !settings.includes(each));
    if (!query || others.length > 0) throw new Error(`${queries.length} queries were asked`);
    return kysely.transaction().execute(async (transaction) => {
      for (const setting of settings) await transaction.executeQuery(setting);
      const explained = CompiledQuery.raw(`${how} ${query.sql}`, [...query.parameters]);
      return (await transaction.executeQuery<Record<string, unknown>>(explained)).rows;
    });
  };
  return { database, reads, explain };
}

type Filled = Awaited<ReturnType<typeof fill>>;

async function empty({ database, reads }: Filled): Promise<void> {
  if (database.engine.readDialect) await reads.destroy();
  await database.kysely.destroy();
}

describe("SQLite", () => {
  let filled: Filled;
  beforeAll(async () => {
    filled = await fill(
      `file:${join(folder, "test.db")}`,
      (rows) =>
        sql`(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(rows)}) select i from n)`,
    );
  }, 60_000);
  afterAll(() => empty(filled));

  /** Looks at the plan of a read, and tells the indexes by which it finds rows. */
  async function indexesOf(read: (store: Store) => Promise<unknown>, sorts: number): Promise<string[]> {
    const plan = (await filled.explain("explain query plan", read)).map(({ detail }) => String(detail));
    // Whatever is scanned is a walk that the plan has named.
    expect(
      plan.filter((step) => /^SCAN (?!(walk|part|named|page|selected|counted|newest)$)/.test(step)),
    ).toEqual([]);
    expect(plan.filter((step) => step.includes("TEMP B-TREE")).length).toBeLessThanOrEqual(sorts);
    const searches = plan.filter((step) => step.startsWith("SEARCH "));
    return [
      ...new Set(searches.map((step) => step.replace(/^SEARCH \w+ USING (COVERING )?INDEX /, ""))),
    ].sort();
  }

  it.each(Object.entries(CASES))("walks an index for %s", async (_, { selection, first, later, counted }) => {
    // Those with one of the IDs are sorted, with a page of the others at most.
    const sorts = selection.ids.size > 0 ? 1 : 0;
    const list = (after: SessionPlace | null) =>
      indexesOf(({ sessions }) => sessions.list(PROJECT, selection, PAGE, after), sorts);
    expect(await list(null)).toEqual([...first].sort());
    expect(await list(LATER)).toEqual([...later].sort());
    expect(await indexesOf(({ sessions }) => sessions.count(PROJECT, selection, MAX), 0)).toEqual(
      [...counted].sort(),
    );
  });

  it("walks an index for the tokens of sessions", async () => {
    const many = ["old", ...count(99, (i) => `busy_${i}`)];
    for (const sessions of [["old"], many]) {
      expect(await indexesOf(({ ledger }) => ledger.newest(sessions, PAGE, null), 101)).toEqual([TOKENS]);
      expect(await indexesOf(({ ledger }) => ledger.newest(sessions, PAGE, 1000), 101)).toEqual([TOKENS]);
      expect(await indexesOf(({ ledger }) => ledger.count(sessions, MAX), 101)).toEqual([TOKENS]);
    }
  });
});

describe("PostgreSQL", () => {
  let filled: Filled;
  beforeAll(async () => {
    filled = await fill(
      await newDatabaseUrl("PostgreSQL"),
      (rows) => sql`(select i from generate_series(1, ${sql.lit(rows)}) as n(i))`,
    );
  }, 60_000);
  afterAll(() => empty(filled));

  /** How many rows a read looks at. */
  async function rowsOf(read: (store: Store) => Promise<unknown>): Promise<number> {
    const [row] = await filled.explain("explain (analyze, format json)", read);
    const [explained] = (row?.["QUERY PLAN"] ?? []) as { Plan: Plan }[];
    if (!explained) throw new Error("nothing was explained");
    return rowsReadBy(explained.Plan);
  }

  it.each(Object.entries(CASES))(
    "reads no more rows than it gives for %s",
    async (_, { selection, parts }) => {
      const most = PAGE + parts + selection.ids.size;
      for (const after of [null, LATER]) {
        const rows = await rowsOf(({ sessions }) => sessions.list(PROJECT, selection, PAGE, after));
        expect(rows).toBeLessThanOrEqual(most);
      }
      const counted = await rowsOf(({ sessions }) => sessions.count(PROJECT, selection, MAX));
      expect(counted).toBeLessThanOrEqual(MAX + parts);
    },
  );

  it("reads no more records than it gives, of an old session and of many", async () => {
    const many = ["old", ...count(99, (i) => `busy_${i}`)];
    for (const position of [null, 10_000, OLD_TOKENS + 100_000]) {
      const ofOne = await rowsOf(({ ledger }) => ledger.newest(["old"], PAGE, position));
      expect(ofOne).toBeLessThanOrEqual(PAGE + 1);
      const ofMany = await rowsOf(({ ledger }) => ledger.newest(many, PAGE, position));
      expect(ofMany).toBeLessThanOrEqual((PAGE + 1) * many.length);
    }
    expect(await rowsOf(({ ledger }) => ledger.count(["old"], MAX))).toBeLessThanOrEqual(MAX + 1);
    expect(await rowsOf(({ ledger }) => ledger.count(many, 500))).toBeLessThanOrEqual(501 * many.length);
  });

  it("tallies no more records than it is told to", async () => {
    const { HOUR } = IssuanceInterval;
    for (const position of [null, 100_000]) {
      expect(await rowsOf(({ ledger }) => ledger.tally(HOUR, 2000, position))).toBeLessThanOrEqual(2001);
    }
  });

  it("finds a hundred sessions by their IDs", async () => {
    expect(await rowsOf(({ sessions }) => sessions.findMany([...ids]))).toBe(100);
  });
});

/** What `explain (analyze, format json)` says of a step; its numbers are for each of the loops. */
interface Plan {
  readonly "Node Type": string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  readonly Plans?: readonly Plan[];
}

/** A bitmap's rows are read where the heap is. */
const READING = new Set(["Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"]);

function rowsReadBy(plan: Plan): number {
  const removed = (plan["Rows Removed by Filter"] ?? 0) + (plan["Rows Removed by Index Recheck"] ?? 0);
  const own = READING.has(plan["Node Type"]) ? (plan["Actual Rows"] + removed) * plan["Actual Loops"] : 0;
  return (plan.Plans ?? []).reduce((sum, child) => sum + rowsReadBy(child), own);
}
