/** The cost of a page of a long list, relative to a short one, on each engine. */
import { localCaller } from "../dist/access/caller.js";
import { readGrant } from "../dist/access/permissions.js";
import { IssuedTokens } from "../dist/services/issued-tokens.js";
import { SessionService } from "../dist/services/session-service.js";
import { UNSHARED } from "../dist/shares/shares.js";
import { openDatabase } from "../dist/store/database.js";
import { parseDatabaseUrl } from "../dist/store/database-address.js";
import { sqlStore } from "../dist/store/sql-store.js";
import { withPostgres, withSqlite } from "./databases.js";
import { fill, NAMES, START, STEP } from "./lists.js";
import { API_KEY } from "./project.js";
import { rowOf } from "./statistics.js";

const SHORT = { sessions: 1000, records: 1000 };
const LONG = { sessions: 1_000_000, records: 5_000_000 };
const ROUNDS = 60;
const PAGES_A_ROUND = 10;

const caller = (grant) => ({ ...localCaller(), permissions: readGrant(grant).permissions });
const EVERYTHING = caller({ sessions: ["*"] });
const PREFIXES = caller({ names: ["room-*", ...Array.from({ length: 9 }, (_, i) => `team-${i + 1}*`)] });

const cursor = (text) => Buffer.from(text).toString("base64url");
/** A random place in the newer part of a list, so that a round ends before a short list does. */
const somewhere = (rows) => Math.ceil((0.7 + 0.3 * Math.random()) * rows);
const byPosition = ({ sessions }) => cursor(`position:${somewhere(sessions)}`);
const byTime = ({ records }) => {
  const i = somewhere(records);
  return cursor(`time:${START + i * STEP}:${i}`);
};
const byName = () =>
  cursor(`name:1:team-${1 + Math.floor(Math.random() * 5)}${Math.random().toString().slice(2, 5)}`);
const times = ({ records }) => ({
  issuedAfter: new Date(START),
  issuedBefore: new Date(START + records * STEP),
});

/** Each list, with its filter, the place where it starts, and its caller. */
const LISTS = [
  { of: "sessions", filter: () => ({}), from: byPosition },
  { of: "sessions", filter: () => ({ namePrefix: NAMES }), from: byName },
  { of: "sessions", filter: () => ({ namePrefix: NAMES }), from: byName, by: PREFIXES },
  { of: "issuedTokens", filter: () => ({}), from: byTime },
  { of: "issuedTokens", filter: times, from: byTime },
  { of: "issuedTokens", filter: (rows) => ({ issuedTo: "web", ...times(rows) }), from: byTime },
  { of: "issuedTokens", filter: () => ({ role: "moderator" }), from: byTime, by: PREFIXES },
];

/** The services on a database with this many rows. */
async function filled(engine, url, rows) {
  await fill(engine, url, rows);
  const store = sqlStore(await openDatabase(parseDatabaseUrl(url)));
  const parts = { applicationId: API_KEY, ...store, shares: UNSHARED };
  const sessions = new SessionService({ ...parts, platform: { applicationId: API_KEY } });
  return { services: { sessions, issuedTokens: new IssuedTokens(parts) }, rows, close: store.close };
}

/** The time of a page, in milliseconds, for a client that starts at a random place. */
async function timePages({ services, rows }, { of, filter, from, by = EVERYTHING }) {
  const given = filter(rows);
  let after = from(rows);
  const start = performance.now();
  for (let i = 0; i < PAGES_A_ROUND; i++) {
    const { nodes, pageInfo } = await services[of].list(by, { first: 20, after }, given);
    if (!pageInfo.hasNextPage)
      throw new Error(`a page of ${of} has ${nodes.length} items, and is the last page`);
    after = pageInfo.endCursor;
  }
  return (performance.now() - start) / PAGES_A_ROUND;
}

async function compare(engine, newDatabase) {
  const long = await filled(engine, await newDatabase(), LONG);
  const short = await filled(engine, await newDatabase(), SHORT);
  const results = [];
  for (const list of LISTS) {
    const spent = { long: [], short: [] };
    for (let round = 0; round <= ROUNDS; round++) {
      const [ofLong, ofShort] = [await timePages(long, list), await timePages(short, list)];
      // The first round warms up.
      if (round === 0) continue;
      spent.long.push(ofLong);
      spent.short.push(ofShort);
    }
    const filter = Object.keys(list.filter(LONG)).join(", ") || "no filter";
    const grant = list.by ? ", for a grant with prefixes" : "";
    const what = `a page of ${list.of} (${filter})${grant} from ${LONG[TABLES[list.of]]} rows on ${engine} vs. from ${SHORT[TABLES[list.of]]}`;
    results.push(rowOf(what, spent.long, spent.short, (time) => `${time.toFixed(3)} ms`));
  }
  await long.close();
  await short.close();
  return results;
}

const TABLES = { sessions: "sessions", issuedTokens: "records" };

export async function bench() {
  return [
    ...(await withSqlite((newDatabase) => compare("SQLite", newDatabase))),
    ...(await withPostgres((newDatabase) => compare("PostgreSQL", newDatabase))),
  ];
}
