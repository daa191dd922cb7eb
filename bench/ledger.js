/** The cost of the ledger for generateToken over HTTP on each engine, relative to LEDGER=off. */
import { requestFor } from "./caller.js";
import { withPostgres, withSqlite } from "./databases.js";
import { sideBySide } from "./load.js";
import { localServer } from "./local-server.js";
import { API_KEY, sessionIdOf } from "./project.js";
import { perSecond, rowOf } from "./statistics.js";

const LAUNCHES = 3;
/** Participants who join at one moment join few sessions; each session is a place in the ledger's index. */
const SESSIONS = 10;

/** A request for a token of each session. */
export const requests = Array.from({ length: SESSIONS }, (_, i) =>
  requestFor(sessionIdOf(API_KEY, `bench${i}`)),
);

async function compare(engine, newDatabase) {
  const programsOf = async () => [
    localServer({ DATABASE_URL: await newDatabase(), LEDGER: "on" }),
    localServer({ DATABASE_URL: await newDatabase(), LEDGER: "off" }),
  ];
  const [on, off] = await sideBySide(programsOf, requests, LAUNCHES);
  const what = `generateToken over HTTP with the ledger on ${engine} vs. LEDGER=off`;
  return rowOf(what, on.rates, off.rates, perSecond);
}

export async function bench() {
  return [
    await withSqlite((newDatabase) => compare("SQLite, synchronous=FULL", newDatabase)),
    await withPostgres((newDatabase) => compare("PostgreSQL, synchronous_commit=on", newDatabase)),
  ];
}
