/** generateToken over HTTP, against other servers: one core for the servers, another for the load. */
import { withSqlite } from "./databases.js";
import { rate } from "./load.js";
import { localServer } from "./local-server.js";
import { urlIn, withPrograms } from "./programs.js";
import { SESSION_ID } from "./project.js";
import { requestFor, tryOut } from "./query.js";
import { megabytes } from "./resident-memory.js";
import { median, spread } from "./statistics.js";

const LAUNCHES = 4;
const ROUNDS = 4;
/** The larger programs take some six seconds to be compiled. */
const WARM_UP_SECONDS = 8;

const OURS = "Stagepass";
const RECORDING = "Stagepass with the ledger on SQLite";
const BARE = "a bare node:http server";
const MERCURIUS = "Mercurius with JIT";
const APOLLO = "Apollo Server on fastify";
const YOGA = "GraphQL Yoga";

/** Each contender's program, given the URL of a new database. */
const CONTENDERS = {
  [OURS]: () => localServer(),
  [BARE]: () => ({ script: "bare-server.js" }),
  [MERCURIUS]: () => ({ script: "peers/mercurius.js" }),
  [APOLLO]: () => ({ script: "peers/apollo.js" }),
  [YOGA]: () => ({ script: "peers/yoga.js" }),
  [RECORDING]: (databaseUrl) => localServer({ DATABASE_URL: databaseUrl, LEDGER: "on" }),
};
const NAMES = Object.keys(CONTENDERS);

const COMPARISONS = [
  { one: OURS, other: BARE, asked: "≥ 0.55" },
  { one: OURS, other: MERCURIUS, asked: "> 1" },
  { one: OURS, other: APOLLO, asked: "> 1" },
  { one: OURS, other: YOGA, asked: "> 1" },
  { one: RECORDING, other: APOLLO, asked: "> 1" },
  { one: RECORDING, other: YOGA, asked: "> 1" },
];

const request = requestFor(SESSION_ID);

/** One launch of all contenders; their rounds alternate, because the machine's speed drifts. */
function launch(databaseUrl, rates, memory) {
  const programs = NAMES.map((name) => CONTENDERS[name](databaseUrl));
  return withPrograms(programs, async (...servers) => {
    for (const { line } of servers) {
      await tryOut(urlIn(line), request);
      await rate(urlIn(line), request, WARM_UP_SECONDS);
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, { line }] of servers.entries()) rates[NAMES[i]].push(await rate(urlIn(line), request));
    }
    for (const [i, { child }] of servers.entries()) memory[NAMES[i]].push(megabytes(child));
  });
}

/**
 * Several launches, because one process can be a quarter faster than the next of the same program. The first result also
 * has `chart`: the requests per second of every contender, with those of the bare server as 1.
 */
export async function benchHttp() {
  const rates = Object.fromEntries(NAMES.map((name) => [name, []]));
  const memory = Object.fromEntries(NAMES.map((name) => [name, []]));
  await withSqlite(async (newDatabase) => {
    for (let run = 0; run < LAUNCHES; run++) await launch(await newDatabase(), rates, memory);
  });
  const ratios = (one, other) => rates[one].map((value, round) => value / rates[other][round]);
  const figures = (name) => `${Math.round(median(rates[name]))}/s, ${Math.round(median(memory[name]))} MB`;
  const results = COMPARISONS.map(({ one, other, asked }) => ({
    measure: `generateToken over HTTP${one === RECORDING ? ", the ledger on SQLite" : ""}, against ${other}`,
    ours: figures(one),
    peer: figures(other),
    ratio: median(ratios(one, other)),
    spread: spread(ratios(one, other)),
    asked,
  }));
  results[0].chart = Object.fromEntries(NAMES.map((name) => [name, median(ratios(name, BARE))]));
  return results;
}
