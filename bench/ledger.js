/** What the ledger costs generateToken over HTTP, on each engine, against the same server with LEDGER=off. */
import { withPostgres, withSqlite } from "./databases.js";
import { rate } from "./load.js";
import { localServer } from "./local-server.js";
import { urlIn, withPrograms } from "./programs.js";
import { API_KEY } from "./project.js";
import { requestFor, tryOut } from "./query.js";
import { median, spread } from "./statistics.js";

const LAUNCHES = 3;
const ROUNDS = 6;
/** Those who join at one moment join few sessions; the ledger's index is written in a place for each. */
const SESSIONS = 10;

const requests = Array.from({ length: SESSIONS }, (_, i) => {
  const random = `bench${String(i).padStart(3, "0")}`.padEnd(24, "x");
  return requestFor(`1_${Buffer.from(`1~${API_KEY}~~1795500000000~${random}~P~~`).toString("base64url")}`);
});

/** One launch of both; its rounds alternate, because the machine's speed drifts. */
async function launch(newDatabase, rates) {
  const programs = [
    localServer({ DATABASE_URL: await newDatabase(), LEDGER: "on" }),
    localServer({ DATABASE_URL: await newDatabase(), LEDGER: "off" }),
  ];
  await withPrograms(programs, async (on, off) => {
    const urls = { on: urlIn(on.line), off: urlIn(off.line) };
    for (const url of Object.values(urls)) {
      await tryOut(url, requests[0]);
      // The program takes some five seconds to be compiled.
      await rate(url, requests, 5);
    }
    for (let round = 0; round < ROUNDS; round++) {
      rates.on.push(await rate(urls.on, requests));
      rates.off.push(await rate(urls.off, requests));
    }
  });
}

async function compare(engine, newDatabase) {
  const rates = { on: [], off: [] };
  for (let run = 0; run < LAUNCHES; run++) await launch(newDatabase, rates);
  const ratios = rates.on.map((value, round) => value / rates.off[round]);
  return {
    measure: `generateToken over HTTP with the ledger on ${engine}, against LEDGER=off`,
    ours: `${Math.round(median(rates.on))}/s`,
    peer: `${Math.round(median(rates.off))}/s`,
    ratio: median(ratios),
    spread: spread(ratios),
  };
}

export async function benchLedger() {
  return [
    await withSqlite((newDatabase) => compare("SQLite, synchronous=FULL", newDatabase)),
    await withPostgres((newDatabase) => compare("PostgreSQL, synchronous_commit=on", newDatabase)),
  ];
}
