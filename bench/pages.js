/** What a page of a long list costs, against a page of a short one, on each engine. */
import { sql } from "kysely";
import { openDatabase, openForMaintenance } from "../dist/store/database.js";
import { parseDatabaseUrl } from "../dist/store/database-address.js";
import { sqlStore } from "../dist/store/sql-store.js";
import { withPostgres, withSqlite } from "./databases.js";
import { API_KEY } from "./project.js";
import { rowOf } from "./statistics.js";

const SHORT = 1000;
const LONG = 1_000_000;
const ROUNDS = 60;
const PAGES_A_ROUND = 40;
/** One more than the twenty of a page, as the server asks. */
const LIMIT = 21;

const ALL = { all: true, ids: new Set(), names: new Set(), namePrefixes: [] };

const LISTS = {
  sessions: {
    fill: (i) => sql`insert into sessions (session_id, application_id, media_mode, created_at)
      select '1_bench' || ${i}, ${sql.lit(API_KEY)}, 'relayed', 1795500000000`,
    page: (store, position) =>
      store.sessions.list(API_KEY, ALL, LIMIT, position === null ? null : { name: null, position }),
  },
  issuedTokens: {
    fill: (
      i,
    ) => sql`insert into issued_tokens (id, session_id, role, format, issued_to, issued_at, expires_at)
      select 'id' || ${i}, '1_bench', 'publisher', 'jwt', 'bench', 1795500000000, 1795500000000`,
    page: (store, position) => store.ledger.newest(["1_bench"], LIMIT, position),
  },
};

/** The numbers from 1 to `rows`, in the words of each engine. */
const SERIES = {
  SQLite: (rows) =>
    sql`(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(rows)}) select i from n)`,
  PostgreSQL: (rows) => sql`(select i from generate_series(1, ${sql.lit(rows)}) as n(i))`,
};

/** A store whose lists have so many items. */
async function filled(engine, url, rows) {
  const database = await openForMaintenance(parseDatabaseUrl(url));
  for (const { fill } of Object.values(LISTS)) {
    await sql`${fill(sql.ref("series.i"))} from ${SERIES[engine](rows)} as series`.execute(database.kysely);
  }
  // As they are after a while: PostgreSQL reads what was just written more slowly for the first time.
  if (engine === "PostgreSQL") await sql`vacuum`.execute(database.kysely);
  await sql`analyze`.execute(database.kysely);
  await database.kysely.destroy();
  return sqlStore(await openDatabase(parseDatabaseUrl(url)));
}

/** How long a page takes, in milliseconds, for a client that pages on from the newest, or from anywhere in a long list. */
async function timePages(page, store, rows) {
  const walk = PAGES_A_ROUND * LIMIT;
  let position = rows > SHORT ? walk + Math.ceil(Math.random() * (rows - walk)) : null;
  const start = performance.now();
  for (let i = 0; i < PAGES_A_ROUND; i++) {
    const items = await page(store, position);
    if (items.length !== LIMIT) throw new Error(`a page has ${items.length} items`);
    position = items.at(-2).position;
  }
  return (performance.now() - start) / PAGES_A_ROUND;
}

async function compare(engine, newDatabase) {
  const long = await filled(engine, await newDatabase(), LONG);
  const short = await filled(engine, await newDatabase(), SHORT);
  const results = [];
  for (const [name, { page }] of Object.entries(LISTS)) {
    const times = { long: [], short: [] };
    for (let round = 0; round <= ROUNDS; round++) {
      const [ofLong, ofShort] = [await timePages(page, long, LONG), await timePages(page, short, SHORT)];
      // The first round warms up.
      if (round === 0) continue;
      times.long.push(ofLong);
      times.short.push(ofShort);
    }
    const what = `a page of ${name} from ${LONG} rows on ${engine}, against one from ${SHORT}`;
    results.push(rowOf(what, times.long, times.short, (time) => `${time.toFixed(3)} ms`));
  }
  await long.close();
  await short.close();
  return results;
}

export async function bench() {
  return [
    ...(await withSqlite((newDatabase) => compare("SQLite", newDatabase))),
    ...(await withPostgres((newDatabase) => compare("PostgreSQL", newDatabase))),
  ];
}
