import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CompiledQuery, Kysely, type RawBuilder, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IssuanceInterval } from "../../src/domain/issuance.ts";
import { Role } from "../../src/domain/role.ts";
import {
  ALL_SESSIONS,
  type NarrowedSelection,
  NO_SESSIONS,
  narrowed,
  type SessionSelection,
} from "../../src/domain/session-selection.ts";
import { openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { migrate } from "../../src/store/migrate.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import type { LedgerWalk, SessionPlace, Store, TimePlace } from "../../src/store/store.ts";
import type { Tables } from "../../src/store/tables.ts";
import { tokenMatches } from "../../src/store/token-matches.ts";
import { rowsRead } from "../support/plans.ts";
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

/** When the old session's tokens were issued; the others were each a millisecond after another, from 1 on. */
const BURST = 150_000;

const PAGE = 21;
const MAX = 10_001;

const count = <T>(length: number, make: (i: number) => T): T[] => Array.from({ length }, (_, i) => make(i));

/** The oldest sessions have the name `old`. Of the others a half are `team-…`, and a sixth each `lobby`, `room-…`, and without a name. */
const sessionsOf = (project: string, numbers: RawBuilder<unknown>) => sql`
  insert into sessions (session_id, application_id, name, media_mode, created_at)
  select ${sql.lit(project)} || '_' || i, ${sql.lit(project)},
    case when i <= 2000 then 'old' when i % 6 = 0 then null when i % 6 = 1 then 'lobby'
      when i % 6 = 2 then 'room-' || (i % 1000) else 'team-' || ((i * 7919) % 100000) end, 'relayed', i
  from ${numbers} as numbers`;
const tokensOf = (
  session: RawBuilder<unknown>,
  time: RawBuilder<unknown>,
  numbers: RawBuilder<unknown>,
) => sql`
  insert into issued_tokens (id, session_id, role, format, issued_to, issued_at, expires_at, data_fingerprint)
  select 'id-' || i, ${session}, 'publisher', 'JWT', case when i % 1000 = 0 then 'rare' else 'somebody' end, ${time}, i,
    case when i % 500 = 0 then 'no data' else 'data-' || i end
  from ${numbers} as numbers`;

/** How many participants the old session has, a hundredth of them present, and the hundred others have together. */
const OLD_PARTICIPANTS = 10_000;
const OTHER_PARTICIPANTS = 20_000;
const participantsOf = (session: RawBuilder<unknown>, numbers: RawBuilder<unknown>) => sql`
  insert into participants (id, session_id, joined_at, left_at, change)
  select 'p_' || ${session} || '_' || i, ${session}, i / 2, case when i % 100 = 1 then null else i + 60 end, i
  from ${numbers} as numbers`;
const streamsOf = (session: RawBuilder<unknown>, numbers: RawBuilder<unknown>) => sql`
  insert into participant_streams (participant_id, stream_id, created_at, is_ended)
  select 'p_' || ${session} || '_' || i, 's' || i, i, i % 3 / 2 from ${numbers} as numbers`;

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
const CREATED = "sessions_by_creation (application_id=? AND created_at>? AND created_at<?)";
const CREATED_AT = "sessions_by_creation (application_id=? AND created_at=? AND position<?)";
const RECORD = "issued_tokens_by_id (id=? AND position<?)";
const ISSUED = "issued_tokens_by_time (issued_at>? AND issued_at<?)";
const ISSUED_AT = "issued_tokens_by_time (issued_at=? AND position<?)";
const ISSUED_TO = "issued_tokens_by_caller (issued_to=? AND issued_at>? AND issued_at<?)";
const PARTICIPANTS = "participants_by_session (session_id=? AND joined_at>? AND joined_at<?)";
const PARTICIPANTS_AT = "participants_by_session (session_id=? AND joined_at=? AND position<?)";
const PRESENT = "participants_present (session_id=? AND joined_at>? AND joined_at<?)";
const PRESENT_AT = "participants_present (session_id=? AND joined_at=? AND position<?)";
const ISSUED_TO_AT = "issued_tokens_by_caller (issued_to=? AND issued_at=? AND position<?)";

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

/** Grants that a filter narrows: the walks are those of its part of each. */
const GRANTED: SessionSelection = { all: false, ids, names, namePrefixes: [...prefixes, "room-1"] };
const NARROWED: Readonly<
  Record<string, Omit<Case, "selection"> & { readonly selection: NarrowedSelection }>
> = {
  "a prefix of all sessions": {
    selection: narrowed(ALL_SESSIONS, { prefix: "team-1" }),
    parts: 1,
    first: [BY_RANGE],
    later: [BY_RANGE],
    counted: [COUNTED],
  },
  "a name of all sessions": {
    selection: narrowed(ALL_SESSIONS, { name: "lobby" }),
    parts: 1,
    first: [BY_NAME],
    later: [BY_NAME_LATER],
    counted: [COUNTED],
  },
  "a prefix of IDs, names and prefixes": {
    selection: narrowed(GRANTED, { prefix: "team-" }),
    parts: 90,
    first: [BY_ID, BY_RANGE],
    later: [BY_ID, BY_RANGE],
    counted: [BY_ID, COUNTED],
  },
  "a prefix within a prefix, beside IDs and names": {
    selection: narrowed(GRANTED, { prefix: "room-10" }),
    parts: 2,
    first: [BY_ID, BY_RANGE],
    later: [BY_ID, BY_RANGE],
    counted: [BY_ID, COUNTED],
  },
  "a prefix of names": {
    selection: narrowed({ ...NO_SESSIONS, names }, { prefix: "room-" }),
    parts: 98,
    first: [BY_RANGE],
    later: [BY_RANGE],
    counted: [COUNTED],
  },
  "a name of IDs and prefixes": {
    selection: narrowed(GRANTED, { name: "team-100" }),
    parts: 1,
    first: [BY_ID, BY_NAME],
    later: [BY_ID, BY_NAME_LATER],
    counted: [BY_ID, COUNTED],
  },
};

/** A quarter of the project's sessions; what is created at one instant has one session of each project. */
const QUARTER = { after: new Date(15_000), before: new Date(30_000) };

const many = ["old", ...count(99, (i) => `busy_${i}`)];

interface WalkCase {
  readonly walk: LedgerWalk;
  readonly after: TimePlace | null;
  readonly indexes: readonly string[];
}
const until = (time: number) => ({ after: new Date(time - 100_000), before: new Date(time) });
const WALKS: Readonly<Record<string, WalkCase>> = {
  "an ID": { walk: { id: "id-77" }, after: null, indexes: [RECORD] },
  "an old session": { walk: { sessionIds: ["old"] }, after: null, indexes: [TOKENS] },
  "a hundred sessions": { walk: { sessionIds: many }, after: null, indexes: [TOKENS] },
  all: { walk: { issuedTo: null, range: {} }, after: null, indexes: [ISSUED] },
  "all, in the midst of one instant": {
    walk: { issuedTo: null, range: {} },
    after: { time: BURST, position: 10_000 },
    indexes: [ISSUED, ISSUED_AT],
  },
  "a range": { walk: { issuedTo: null, range: until(120_000) }, after: null, indexes: [ISSUED] },
  "the rest of a range": {
    walk: { issuedTo: null, range: until(190_000) },
    after: { time: 120_000, position: OLD_TOKENS + 120_000 },
    indexes: [ISSUED, ISSUED_AT],
  },
  "a rare caller": { walk: { issuedTo: "rare", range: {} }, after: null, indexes: [ISSUED_TO] },
  nobody: { walk: { issuedTo: "nobody", range: until(120_000) }, after: null, indexes: [ISSUED_TO] },
  "a frequent caller in a range": {
    walk: { issuedTo: "somebody", range: until(120_000) },
    after: null,
    indexes: [ISSUED_TO],
  },
  "a frequent caller, in the midst of one instant": {
    walk: { issuedTo: "somebody", range: until(190_000) },
    after: { time: BURST, position: 10_000 },
    indexes: [ISSUED_TO, ISSUED_TO_AT],
  },
};

/** Where a page of participants begins, in the midst of one instant. */
const MIDDLE: TimePlace = { time: 2500, position: 5000 };

const SOUGHT = count(100, (i) => ({
  sessionId: i % 2 ? "old" : `busy_${i}`,
  fingerprints: [`data-${i * 100 + 1}`, "no data"],
  joinedAt: i * 100,
}));

/** A read, of a store or of the connection for reads. */
type Read = (store: Store, reads: Kysely<Tables>) => Promise<unknown>;

/** Reads of participants, how SQLite finds what they read, and how many rows they may read. */
const PARTICIPANT_READS: Readonly<
  Record<
    string,
    {
      readonly read: Read;
      readonly indexes: readonly string[];
      readonly rows: number;
    }
  >
> = {
  "participants by their IDs": {
    read: ({ participants }) => participants.findMany(["p_old_1", "p_old_2"]),
    indexes: ["sqlite_autoindex_participants_1 (id=?)"],
    rows: 2,
  },
  "streams of participants": {
    read: ({ participants }) => participants.streams(["p_old_1", "p_old_2"]),
    indexes: ["sqlite_autoindex_participant_streams_1 (participant_id=?)"],
    rows: 2,
  },
  "the latest changes": {
    read: ({ participants }) => participants.changedAfter(OLD_PARTICIPANTS - 5, PAGE),
    indexes: ["participants_by_change (change>?)"],
    rows: PAGE,
  },
  "the next session that somebody is in": {
    read: ({ participants }) => participants.occupiedAfter("busy_33"),
    indexes: ["participants_present (session_id>?)"],
    rows: 1,
  },
  "the tokens of participants": {
    read: (_, reads) => tokenMatches(reads, SOUGHT),
    indexes: ["issued_tokens_by_data (session_id=? AND data_fingerprint=? AND expires_at>?)"],
    // One token each, and those without data of their sessions.
    rows: SOUGHT.length * (1 + OLD_TOKENS / 500) + OTHER_TOKENS / 500,
  },
  "who is in a session, and their streams": {
    read: ({ participants }) => participants.present("old"),
    indexes: [
      "participants_present (session_id=?)",
      "sqlite_autoindex_participant_streams_1 (participant_id=?) LEFT-JOIN",
    ],
    rows: 400,
  },
};

/** Fills a database, and makes a store of which `explain` tells how the database answers a read. */
async function fill(url: string, numbers: (rows: number) => RawBuilder<unknown>) {
  const database = await openForMaintenance(parseDatabaseUrl(url));
  const { kysely, engine } = database;
  await migrate(database);
  await sessionsOf("87654321", numbers(SESSIONS)).execute(kysely);
  await sessionsOf(PROJECT, numbers(SESSIONS)).execute(kysely);
  // All at one instant, so that a walk must begin in the middle of it.
  await tokensOf(sql`'old'`, sql`${sql.lit(BURST)}`, numbers(OLD_TOKENS)).execute(kysely);
  await tokensOf(sql`'busy_' || (i % 100)`, sql`i`, numbers(OTHER_TOKENS)).execute(kysely);
  await participantsOf(sql`'old'`, numbers(OLD_PARTICIPANTS)).execute(kysely);
  await participantsOf(sql`'busy_' || (i % 100)`, numbers(OTHER_PARTICIPANTS)).execute(kysely);
  await streamsOf(sql`'old'`, numbers(OLD_PARTICIPANTS)).execute(kysely);
  await sql`analyze`.execute(kysely);
  const asked: CompiledQuery[] = [];
  const reads = new Kysely<Tables>({
    dialect: engine.readDialect ?? engine.dialect,
    log({ query }) {
      asked.push(query);
    },
  });
  const explain = async (how: string, read: Read) => {
    asked.length = 0;
    await read(sqlStore({ ...database, reads }), reads);
    const queries = asked.filter((query) => /^\s*(select|with) /.test(query.sql));
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
  }, 120_000);
  afterAll(() => empty(filled));

  /** Looks at the plan of a read, and tells the indexes by which it finds rows. */
  async function indexesOf(read: Read, sorts: number): Promise<string[]> {
    const plan = (await filled.explain("explain query plan", read)).map(({ detail }) => String(detail));
    // Whatever is scanned is a walk that the plan has named.
    expect(
      plan.filter((step) =>
        /^SCAN (?!(walk|part|named|page|selected|counted|newest|wanted|candidates|open|\(subquery-\d+\)|\d+ CONSTANT ROWS)$)/.test(
          step,
        ),
      ),
    ).toEqual([]);
    expect(plan.filter((step) => step.includes("TEMP B-TREE")).length).toBeLessThanOrEqual(sorts);
    const searches = plan.filter((step) => step.startsWith("SEARCH "));
    return [
      ...new Set(searches.map((step) => step.replace(/^SEARCH \w+ USING (COVERING )?INDEX /, ""))),
    ].sort();
  }

  it.each(Object.entries({ ...CASES, ...NARROWED }))(
    "walks an index for %s",
    async (_, { selection, first, later, counted }) => {
      // Those with one of the IDs are sorted, with a page of the others at most.
      const sorts = selection.ids.size > 0 ? 1 : 0;
      const list = (after: SessionPlace | null) =>
        indexesOf(({ sessions }) => sessions.list(PROJECT, selection, PAGE, after), sorts);
      expect(await list(null)).toEqual([...first].sort());
      expect(await list(LATER)).toEqual([...later].sort());
      expect(await indexesOf(({ sessions }) => sessions.count(PROJECT, selection, {}, MAX), 0)).toEqual(
        [...counted].sort(),
      );
      if (selection.all) return;
      const inRange = await indexesOf(({ sessions }) => sessions.count(PROJECT, selection, QUARTER, MAX), 0);
      expect(inRange).toEqual([...counted].sort());
    },
  );

  it("walks an index for the sessions of a range", async () => {
    const list = (after: TimePlace | null) =>
      indexesOf(({ sessions }) => sessions.listCreated(PROJECT, QUARTER, PAGE, after), 0);
    expect(await list(null)).toEqual([CREATED]);
    expect(await list({ time: 20_000, position: SESSIONS + 20_000 })).toEqual([CREATED_AT, CREATED].sort());
    expect(await indexesOf(({ sessions }) => sessions.count(PROJECT, ALL_SESSIONS, QUARTER, MAX), 0)).toEqual(
      [CREATED],
    );
  });

  it.each(Object.entries(WALKS))(
    "walks an index for the records of %s",
    async (_, { walk, after, indexes }) => {
      // Those of several sessions are sorted, with a page of each at most.
      const sorts = "sessionIds" in walk ? walk.sessionIds.length + 1 : 0;
      expect(await indexesOf(({ ledger }) => ledger.list(walk, PAGE, after), sorts)).toEqual(
        [...indexes].sort(),
      );
      for (const alike of [null, 17]) {
        const counted = await indexesOf(
          ({ ledger }) => ledger.countWalk(walk, { role: Role.MODERATOR }, MAX, alike),
          // By session alone: to sort the records it would read as many of each session.
          1,
        );
        expect(counted).toEqual(
          indexes.filter((index) => !index.includes("=? AND position") || after === null),
        );
      }
    },
  );

  it("finds records by their IDs", async () => {
    const plan = await indexesOf(({ ledger }) => ledger.findMany(["id-1", "id-2"]), 0);
    expect(plan).toEqual(["issued_tokens_by_id (id=?)"]);
  });

  it("walks an index for the tokens of sessions", async () => {
    for (const sessions of [["old"], many]) {
      expect(await indexesOf(({ ledger }) => ledger.newest(sessions, PAGE, null), 101)).toEqual([TOKENS]);
      expect(await indexesOf(({ ledger }) => ledger.newest(sessions, PAGE, 1000), 101)).toEqual([TOKENS]);
      expect(await indexesOf(({ ledger }) => ledger.count(sessions, MAX), 101)).toEqual([TOKENS]);
    }
  });

  it("walks an index for the participants of sessions", async () => {
    for (const sessions of [["old"], many]) {
      const list = (present: boolean, after: TimePlace | null) =>
        indexesOf(({ participants }) => participants.pages(sessions, present, PAGE, after), 101);
      expect(await list(true, null)).toEqual([PRESENT]);
      expect(await list(true, MIDDLE)).toEqual([PRESENT_AT, PRESENT].sort());
      expect(await list(false, null)).toEqual([PARTICIPANTS]);
      expect(await list(false, MIDDLE)).toEqual([PARTICIPANTS_AT, PARTICIPANTS].sort());
      const counted = await indexesOf(({ participants }) => participants.count(sessions, MAX), 101);
      expect(counted).toEqual(["participants_present (session_id=?)"]);
    }
  });

  it.each(Object.entries(PARTICIPANT_READS))("walks an index for %s", async (_, { read, indexes }) => {
    // Streams are sorted for each participant, and then those that are shown.
    expect(await indexesOf(read, 2)).toEqual(indexes);
  });
});

describe("PostgreSQL", () => {
  let filled: Filled;
  beforeAll(async () => {
    filled = await fill(
      await newDatabaseUrl("PostgreSQL"),
      (rows) => sql`(select i from generate_series(1, ${sql.lit(rows)}) as n(i))`,
    );
  }, 120_000);
  afterAll(() => empty(filled));

  /** How many rows a read looks at. */
  async function rowsOf(read: Read): Promise<number> {
    return rowsRead(await filled.explain("explain (analyze, format json)", read));
  }

  it.each(Object.entries({ ...CASES, ...NARROWED }))(
    "reads no more rows than it gives for %s",
    async (_, { selection, parts }) => {
      const most = PAGE + parts + selection.ids.size;
      for (const after of [null, LATER]) {
        const rows = await rowsOf(({ sessions }) => sessions.list(PROJECT, selection, PAGE, after));
        expect(rows).toBeLessThanOrEqual(most);
      }
      for (const range of selection.all ? [{}] : [{}, QUARTER]) {
        const counted = await rowsOf(({ sessions }) => sessions.count(PROJECT, selection, range, MAX));
        expect(counted).toBeLessThanOrEqual(MAX + parts + selection.ids.size);
      }
    },
  );

  it("reads no more sessions of a range than it gives", async () => {
    for (const after of [null, { time: 20_000, position: SESSIONS + 20_000 }]) {
      const rows = await rowsOf(({ sessions }) => sessions.listCreated(PROJECT, QUARTER, PAGE, after));
      expect(rows).toBe(PAGE);
    }
    const counted = await rowsOf(({ sessions }) => sessions.count(PROJECT, ALL_SESSIONS, QUARTER, MAX));
    expect(counted).toBe(MAX);
  });

  it.each(Object.entries(WALKS))("reads no more records than it gives, of %s", async (_, { walk, after }) => {
    const walks = "sessionIds" in walk ? walk.sessionIds.length : 1;
    const rows = await rowsOf(({ ledger }) => ledger.list(walk, PAGE, after));
    expect(rows).toBeLessThanOrEqual(PAGE * walks);
    for (const alike of [null, 17]) {
      const counted = await rowsOf(({ ledger }) =>
        ledger.countWalk(walk, { role: Role.MODERATOR }, MAX, alike),
      );
      expect(counted).toBeLessThanOrEqual(MAX + walks);
    }
  });

  it("finds records by their IDs", async () => {
    expect(await rowsOf(({ ledger }) => ledger.findMany(["id-30000", "id-77000"]))).toBe(2);
  });

  it("reads no more records than it gives, of an old session and of many", async () => {
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
    for (const position of [null, 100_000])
      for (const alike of [null, 17]) {
        const rows = await rowsOf(({ ledger }) => ledger.tally(HOUR, 2000, position, alike));
        expect(rows).toBeLessThanOrEqual(2001);
      }
  });

  it("reads no more participants than it gives, of an old session and of many", async () => {
    for (const sessions of [["old"], many]) {
      for (const present of [true, false]) {
        for (const after of [null, MIDDLE]) {
          const rows = await rowsOf(({ participants }) => participants.pages(sessions, present, PAGE, after));
          expect(rows).toBeLessThanOrEqual((PAGE + 1) * sessions.length);
        }
      }
      const counted = await rowsOf(({ participants }) => participants.count(sessions, MAX));
      expect(counted).toBeLessThanOrEqual(OLD_PARTICIPANTS / 100 + OTHER_PARTICIPANTS / 100);
    }
  });

  it.each(Object.entries(PARTICIPANT_READS))(
    "reads no more than it gives for %s",
    async (_, { read, rows }) => {
      expect(await rowsOf(read)).toBeLessThanOrEqual(rows);
    },
  );

  it("finds a hundred sessions by their IDs", async () => {
    expect(await rowsOf(({ sessions }) => sessions.findMany([...ids]))).toBe(100);
  });
});
