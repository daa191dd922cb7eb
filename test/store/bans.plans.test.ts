import { join } from "node:path";
import { CompiledQuery, Kysely, type RawBuilder, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { migrate } from "../../src/store/migrate.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import type { Observed, Store } from "../../src/store/store.ts";
import type { Tables } from "../../src/store/tables.ts";
import { rowsRead } from "../support/plans.ts";
import { count, issued } from "../support/records.ts";
import { newDatabaseUrl } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** How many bans are in force, one half by identity and one by data, and how many were lifted. */
const BANS = 10_000;
const LIFTED = 5000;
/** How many valid tokens the session `busy` has. As many others have a session of their own. */
const TOKENS = 50_000;
/** How many are present in the sessions `crowd_…`, and how many of them must leave, but not now. */
const CROWD = 50_000;
const REMOVALS = 20_000;
/** How many are present in the session `few`. */
const FEW = 20;

const NOW = Date.now();
const LATER = sql.lit(NOW + 3_600_000);

/** Of the bans of identities, a third are for all sessions, and a third for the session `busy`. */
const bansOf = (prefix: string, lifted: number | null, numbers: RawBuilder<unknown>) => sql`
  insert into bans (id, identity, data_fingerprint, session_id, created_at, created_by, lifted_at)
  select 'b_' || ${sql.lit(prefix)} || i, case when i % 2 = 0 then 'banned-' || i end, case when i % 2 = 1 then 'banned data-' || i end,
    case when i % 6 = 0 then null when i % 6 = 4 then 'busy' else 'crowd_' || (i % 100) end, i, 'admin', ${sql.lit(lifted)}
  from ${numbers} as numbers`;
const participantsOf = (session: RawBuilder<unknown>, numbers: RawBuilder<unknown>) => sql`
  insert into participants (id, session_id, identity, token_id, data_fingerprint, data, joined_at, change)
  select 'p_' || ${session} || '_' || i, ${session}, case when i % 2 = 0 then 'person-' || i end,
    case when i % 4 = 0 then 'id-' || i end, 'data-' || i, 'data', ${sql.lit(NOW)}, i
  from ${numbers} as numbers`;

/** Fills a database, and makes a store of which `explain` tells how the database answers a statement. */
async function fill(url: string, numbers: (rows: number) => RawBuilder<unknown>) {
  const database = await openForMaintenance(parseDatabaseUrl(url));
  await migrate(database);
  const asked: CompiledQuery[] = [];
  const kysely = new Kysely<Tables>({
    dialect: database.engine.dialect,
    log({ query }) {
      asked.push(query);
    },
  });
  await bansOf("lifted ", 1, numbers(LIFTED)).execute(kysely);
  await bansOf("", null, numbers(BANS)).execute(kysely);
  await sql`
    insert into issued_tokens (id, session_id, role, format, issued_to, issued_at, expires_at, identity, data_fingerprint)
    select 'id-' || i, case when i <= ${sql.lit(TOKENS)} then 'busy' else 'quiet_' || i end, 'publisher', 'JWT', 'somebody', ${sql.lit(NOW)}, ${LATER}, 'person-' || i, 'data-' || i
    from ${numbers(2 * TOKENS)} as numbers`.execute(kysely);
  await participantsOf(sql`'crowd_' || (i % 100)`, numbers(CROWD)).execute(kysely);
  for (const session of ["few", "busy"])
    await participantsOf(sql`${sql.lit(session)}`, numbers(FEW)).execute(kysely);
  await sql`
    insert into removals (participant_id, session_id, reason, created_at, attempts, due_at)
    select 'p_crowd_' || (i % 100) || '_' || i, 'crowd_' || (i % 100), 'REMOVED', 0, 3, ${LATER}
    from ${numbers(REMOVALS)} as numbers`.execute(kysely);
  await sql`insert into participant_changes (id, latest) values (1, 100000)`.execute(kysely);
  await sql`analyze`.execute(kysely);
  const store = sqlStore({ ...database, kysely, reads: kysely });
  /** The plan of the last statement that contains a text; what it changes is undone. */
  const explain = async (how: string, act: (store: Store) => Promise<unknown>, containing: string) => {
    asked.length = 0;
    await act(store);
    const query = asked.findLast((one) => one.sql.includes(containing));
    if (!query) throw new Error("no such statement was executed");
    let rows: Record<string, unknown>[] = [];
    const undone = new Error("undone");
    const settings = asked.filter((one) => one.sql.includes("set_config"));
    // Over a connection of its own, because one that explained an insert commits no more in SQLite.
    const aside = database.engine.readDialect ? new Kysely<Tables>(database.engine) : kysely;
    await aside
      .transaction()
      .execute(async (transaction) => {
        for (const setting of settings) await transaction.executeQuery(setting);
        const explained = CompiledQuery.raw(`${how} ${query.sql}`, [...query.parameters]);
        rows = (await transaction.executeQuery<Record<string, unknown>>(explained)).rows;
        throw undone;
      })
      .catch((error) => {
        if (error !== undone) throw error;
      });
    if (aside !== kysely) await aside.destroy();
    return rows;
  };
  const close = async () => {
    if (database.engine.readDialect) await kysely.destroy();
    await database.kysely.destroy();
  };
  return { explain, close };
}
type Filled = Awaited<ReturnType<typeof fill>>;

const seen = (sessionId: string, connectionId: string, isListed: boolean): Observed => ({
  seen: {
    sessionId,
    connectionId,
    joinedAt: NOW,
    data: isListed ? null : "data",
    leave: null,
    stream: null,
    isListed,
  },
  fingerprints: isListed ? [] : [`data of ${connectionId}`],
});

const newTokens = () =>
  count(10, (i) =>
    issued(`${i} ${Math.random()}`, { sessionId: `new_${i}`, identity: `banned-${i}`, fingerprint: "data" }),
  );
const ban = (more: object) => ({
  identity: "person-2",
  fingerprint: null,
  sessionId: "few",
  until: null,
  createdBy: "admin",
  ...more,
});

interface Case {
  readonly act: (store: Store) => Promise<unknown>;
  /** What the statement contains. */
  readonly containing: string;
  /** How SQLite finds what it reads. */
  readonly indexes: readonly string[];
  /** How many rows PostgreSQL may read. */
  readonly rows: number;
}

const UNMATCHED = "participants_present_unmatched (session_id=?)";
/** How SQLite looks at each of those whom a change concerns. */
const LOOKS = [
  "bans_by_session (session_id=?)",
  "bans_in_force (identity=?)",
  "bans_in_force_by_data (data_fingerprint=?)",
  "issued_tokens_by_data (session_id=? AND data_fingerprint=? AND expires_at>?)",
  "issued_tokens_by_id (id=?)",
  "issued_tokens_by_session (session_id=?)",
  "issued_tokens_revoked (session_id=? AND expires_at>?)",
  "sqlite_autoindex_participants_1 (id=?)",
];

const CASES: Readonly<Record<string, Case>> = {
  "the bans of an identity": {
    act: ({ bans }) => bans.list({ identity: "banned-7000", sessionId: "busy", active: true }, 21, null),
    containing: "select bans.*",
    indexes: ["bans_in_force (identity=? AND session_id=? AND rowid<?)"],
    rows: 2,
  },
  "the bans of a session": {
    act: ({ bans }) => bans.list({ sessionId: "busy" }, 21, 9000),
    containing: "select bans.*",
    indexes: ["bans_by_session (session_id=? AND position<?)"],
    rows: 21,
  },
  "all bans": {
    act: ({ bans }) => bans.list({}, 21, 9000),
    containing: "select bans.*",
    indexes: ["INTEGER PRIMARY KEY (rowid<?)"],
    rows: 21,
  },
  "removals that are due": {
    act: ({ removals }) => removals.take(10, 1000),
    containing: "removals",
    indexes: ["removals_due (due_at<?)"],
    rows: 0,
  },
  "whether tokens are taken": {
    act: ({ ledger }) => ledger.record(newTokens()),
    containing: "insert into issued_tokens",
    indexes: [
      "bans_in_force (identity=?)",
      "bans_in_force_by_data (data_fingerprint=?)",
      "sqlite_autoindex_sessions_1 (session_id=?)",
    ],
    rows: 100,
  },
  "whom a ban in a session concerns": {
    act: ({ bans }) => bans.add(ban({})),
    containing: "insert into removals",
    indexes: [...LOOKS, "participants_present_by_identity (identity=?)", UNMATCHED].sort(),
    rows: 10 * FEW,
  },
  "whom a ban of data concerns": {
    act: ({ bans }) => bans.add(ban({ identity: null, fingerprint: "data-3" })),
    containing: "insert into removals",
    indexes: [...LOOKS, "participants_present (session_id=?)", UNMATCHED].sort(),
    rows: 10 * FEW,
  },
  "who is unknown where many have tokens": {
    act: ({ participants }) => participants.apply([seen("busy", `unknown ${Math.random()}`, true)]),
    containing: "insert into removals",
    indexes: LOOKS,
    // Each token of the session, once.
    rows: TOKENS + 100,
  },
  "whom a revocation concerns": {
    act: ({ ledger }) => ledger.revoke("id-8"),
    containing: "insert into removals",
    indexes: [...LOOKS, "participants_by_token (token_id=?)", "participants_present (session_id=?)"].sort(),
    rows: 100,
  },
};

describe("SQLite", () => {
  let filled: Filled;
  beforeAll(async () => {
    filled = await fill(
      `file:${join(temporaryFolder(afterAll), "test.db")}`,
      (rows) =>
        sql`(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(rows)}) select i from n)`,
    );
  }, 120_000);
  afterAll(() => filled.close());

  it.each(Object.entries(CASES))("walks an index for %s", async (_, { act, containing, indexes }) => {
    const plan = (await filled.explain("explain query plan", act, containing)).map(({ detail }) =>
      String(detail),
    );
    // Only lists are scanned that the statement made or was given.
    expect(
      plan.filter((step) => /^SCAN (?!(new|who|looked|unknown|CONSTANT ROW|\d+ CONSTANT ROWS)$)/.test(step)),
    ).toEqual([]);
    const searches = plan.filter((step) => step.startsWith("SEARCH "));
    const found = searches.map((step) => step.replace(/^SEARCH \w+ USING (COVERING )?(INDEX )?/, ""));
    expect([...new Set(found)].sort()).toEqual(indexes);
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
  afterAll(() => filled.close());

  it.each(Object.entries(CASES))("reads few rows for %s", async (_, { act, containing, rows }) => {
    const explained = await filled.explain("explain (analyze, format json)", act, containing);
    expect(rowsRead(explained)).toBeLessThanOrEqual(rows);
  });
});
