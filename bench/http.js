/** Compares generateToken over HTTP with other servers: one core for the servers, another for the load. */
import { requestFor } from "./caller.js";
import { withSqlite } from "./databases.js";
import { sideBySide } from "./load.js";
import { localServer } from "./local-server.js";
import { SESSION_ID } from "./project.js";
import { median, rowOf } from "./statistics.js";

const LAUNCHES = 3;

const OURS = "Stagepass";
const LOGGING = "Stagepass with its log";
const RECORDING = "Stagepass with the ledger on SQLite";
const BARE = "a bare node:http server";
const MERCURIUS = "Mercurius with JIT";
const APOLLO = "Apollo Server on fastify";
const YOGA = "GraphQL Yoga";
const PEERS = {
  [MERCURIUS]: "peers/mercurius.js",
  [APOLLO]: "peers/apollo.js",
  [YOGA]: "peers/yoga.js",
};
/** A peer with our duties. */
const dutiful = (peer) => `${peer}, same duties`;

/** Each server's program, given the URL of a new database. */
const CONTENDERS = {
  [OURS]: () => localServer(),
  [LOGGING]: () => ({ ...localServer({ LOG_LEVEL: "info" }), log: "ignore" }),
  [BARE]: () => ({ script: "bare-server.js" }),
  [RECORDING]: (databaseUrl) => localServer({ DATABASE_URL: databaseUrl, LEDGER: "on" }),
};
for (const [peer, script] of Object.entries(PEERS)) {
  CONTENDERS[peer] = () => ({ script });
  CONTENDERS[dutiful(peer)] = () => ({ script, args: ["--with-duties"] });
}
const NAMES = Object.keys(CONTENDERS);

/** A bare peer has no log, and ours has one if the peer has. */
const COMPARISONS = [
  { one: OURS, other: BARE, asked: "≥ 0.55" },
  { one: OURS, other: MERCURIUS, asked: "≥ 1.1" },
  { one: OURS, other: APOLLO, asked: "> 1" },
  { one: OURS, other: YOGA, asked: "> 1" },
  { one: LOGGING, other: dutiful(MERCURIUS), asked: "≥ 2.7" },
  { one: LOGGING, other: dutiful(APOLLO), asked: "≥ 4" },
  { one: LOGGING, other: dutiful(YOGA), asked: "> 1" },
  { one: RECORDING, other: dutiful(MERCURIUS), asked: "> 1" },
  { one: RECORDING, other: dutiful(APOLLO), asked: "> 1" },
];
const CHARTED = [LOGGING, RECORDING, BARE, ...Object.keys(PEERS).map(dutiful)];

/** What the measured server has, in rows. */
const WITH = { [LOGGING]: " with the log", [RECORDING]: ", ledger on SQLite" };

/** The first result also has `chart`: each server's requests per second, relative to the bare server. */
export function bench() {
  return withSqlite(async (newDatabase) => {
    const programsOf = async () => {
      const databaseUrl = await newDatabase();
      return NAMES.map((name) => CONTENDERS[name](databaseUrl));
    };
    const seen = await sideBySide(programsOf, [requestFor(SESSION_ID)], LAUNCHES);
    const of = (name) => seen[NAMES.indexOf(name)];
    const results = COMPARISONS.map(({ one, other, asked }) => {
      const what = `generateToken over HTTP${WITH[one] ?? ""} vs. ${other}`;
      return {
        ...rowOf(what, of(one).rates, of(other).rates, String, asked),
        ours: figuresOf(of(one)),
        peer: figuresOf(of(other)),
      };
    });
    const share = (name) => rowOf("", of(name).rates, of(BARE).rates, String).ratio;
    results[0].chart = Object.fromEntries(CHARTED.map((name) => [name, share(name)]));
    return results;
  });
}

/** Which part of its core a server used shows whether the load was the limit. */
const figuresOf = ({ rates, memory, busy }) =>
  `${Math.round(median(rates))}/s, ${Math.round(median(memory))} MB, ${median(busy).toFixed(2)} busy`;
