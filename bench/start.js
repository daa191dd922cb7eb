/** The start-up time and idle memory of a server on an existing database, relative to a plain Apollo Server. */
import { setTimeout as sleep } from "node:timers/promises";
import { postOf } from "./caller.js";
import { withSqlite } from "./databases.js";
import { localServer } from "./local-server.js";
import { urlIn, withPrograms } from "./programs.js";
import { megabytes } from "./resident-memory.js";
import { rowOf } from "./statistics.js";

const STARTS = 9;
const IDLE_MS = 1000;

const PEER = { script: "./peers/empty-apollo.js" };

/** One start: the time until the first answer, in milliseconds, and the memory a while later. */
async function start(program, path, request) {
  const begin = performance.now();
  return await withPrograms([program], async ({ child, line }) => {
    const response = await fetch(new URL(path, urlIn(line)), request);
    await response.text();
    const time = performance.now() - begin;
    if (!response.ok) throw new Error(`${program.script}: ${response.status}`);
    await sleep(IDLE_MS);
    return { time, memory: megabytes(child) };
  });
}

/** Starts alternate, because the machine's speed drifts. */
export function bench() {
  return withSqlite(async (newDatabase) => {
    const program = localServer({ DATABASE_URL: await newDatabase(), LEDGER: "on" });
    const ours = [];
    const peers = [];
    for (let run = 0; run <= STARTS; run++) {
      ours.push(await start(program, "/readyz"));
      peers.push(await start(PEER, "/", postOf("{ __typename }")));
    }
    const row = (what, key, unit, asked) => {
      // The first start loads the files into memory.
      const [own, peer] = [ours, peers].map((starts) => starts.slice(1).map((one) => one[key]));
      const measure = `${what} on an existing database vs. an Apollo Server without resolvers`;
      return rowOf(measure, own, peer, (figure) => `${Math.round(figure)} ${unit}`, asked);
    };
    return [row("start to first answer", "time", "ms", "≤ 1.2"), row("idle memory", "memory", "MB")];
  });
}
