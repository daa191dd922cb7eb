/** Compares generateToken over HTTP with other servers: one core for the servers, another for the load. */
import { requestFor } from "./caller.js";
import { withSqlite } from "./databases.js";
import { sideBySide } from "./load.js";
import { localServer } from "./local-server.js";
import { SESSION_ID } from "./project.js";
import { median, rowOf } from "./statistics.js";

const LAUNCHES = 4;
const ROUNDS = 4;

const OURS = "Stagepass";
const RECORDING = "Stagepass with the ledger on SQLite";
const BARE = "a bare node:http server";
const MERCURIUS = "Mercurius with JIT";
const APOLLO = "Apollo Server on fastify";
const YOGA = "GraphQL Yoga";

/** Each server's program, given the URL of a new database. */
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

/** The first result also has `chart`: each server's requests per second, relative to the bare server. */
export function bench() {
  return withSqlite(async (newDatabase) => {
    const programsOf = async () => {
      const databaseUrl = await newDatabase();
      return NAMES.map((name) => CONTENDERS[name](databaseUrl));
    };
    const seen = await sideBySide(programsOf, [requestFor(SESSION_ID)], LAUNCHES, ROUNDS);
    const of = (name) => seen[NAMES.indexOf(name)];
    const results = COMPARISONS.map(({ one, other, asked }) => {
      const what = `generateToken over HTTP${one === RECORDING ? ", ledger on SQLite" : ""} vs. ${other}`;
      return {
        ...rowOf(what, of(one).rates, of(other).rates, String, asked),
        ours: figuresOf(of(one)),
        peer: figuresOf(of(other)),
      };
    });
    const share = (name) => rowOf("", of(name).rates, of(BARE).rates, String).ratio;
    results[0].chart = Object.fromEntries(NAMES.map((name) => [name, share(name)]));
    return results;
  });
}

const figuresOf = ({ rates, memory }) => `${Math.round(median(rates))}/s, ${Math.round(median(memory))} MB`;
