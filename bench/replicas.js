/**
 * Several replicas on one PostgreSQL compared with one, with the ledger on. Each replica has its own core, the load has another, and
 * PostgreSQL has the rest.
 */
import { withPostgres } from "./databases.js";
import { requests } from "./ledger.js";
import { rate, warmUp } from "./load.js";
import { localServer } from "./local-server.js";
import { CORE, LOAD_CORE, moveTo, moveToLoadCore, processorTime, urlIn, withPrograms } from "./programs.js";
import { median, perSecond, rowOf } from "./statistics.js";

const LAUNCHES = 3;
const ROUNDS = 6;
const ROUND_SECONDS = 1;
const MOST_REPLICAS = 4;

/** The cores of the replicas and of PostgreSQL, which has at least one. */
function divide(cores) {
  const others = Array.from({ length: cores }, (_, core) => String(core)).filter(
    (core) => core !== CORE && core !== LOAD_CORE,
  );
  const added = Math.min(MOST_REPLICAS, others.length) - 1;
  return { ofReplicas: [CORE, ...others.slice(0, added)], ofPostgres: others.slice(added).join(",") };
}

/** Loads the servers for a round. Resolves to the rate, and to how busy the least busy server and the load were. */
async function roundOf(servers) {
  const children = servers.map(({ child }) => child);
  const start = performance.now();
  const before = children.map(processorTime);
  const beforeLoad = process.cpuUsage();
  const answered = await rate(
    servers.map(({ line }) => urlIn(line)),
    requests,
    { duration: ROUND_SECONDS },
  );
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(beforeLoad);
  const used = children.map((child, i) => processorTime(child) - before[i]);
  return { rate: answered, server: Math.min(...used) / ms, load: (user + system) / 1000 / ms };
}

export async function bench({ cores }) {
  const { ofReplicas, ofPostgres } = divide(cores);
  const all = [];
  const one = [];
  moveTo(ofPostgres);
  await withPostgres(async (newDatabase) => {
    moveToLoadCore();
    for (let run = 0; run < LAUNCHES; run++) {
      const replica = localServer({ DATABASE_URL: await newDatabase(), LEDGER: "on" });
      const replicas = ofReplicas.map((core) => ({ ...replica, core }));
      await withPrograms(replicas, async (...servers) => {
        await warmUp(
          servers.map(({ line }) => urlIn(line)),
          requests,
        );
        for (let round = 0; round < ROUNDS; round++) {
          all.push(await roundOf(servers));
          one.push(await roundOf(servers.slice(0, 1)));
        }
      });
    }
  });
  const of = (rounds, key) => rounds.map((round) => round[key]);
  const figuresOf = (rounds) => {
    const [answered, server, load] = ["rate", "server", "load"].map((key) => median(of(rounds, key)));
    return `${perSecond(answered)}, ${server.toFixed(2)} busy, the load ${load.toFixed(2)}`;
  };
  const what = `generateToken over HTTP, ledger on PostgreSQL: ${ofReplicas.length} replicas vs. one`;
  const row = rowOf(what, of(all, "rate"), of(one, "rate"), perSecond);
  return [{ ...row, ours: figuresOf(all), peer: figuresOf(one) }];
}
