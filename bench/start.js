/** How soon a server on an existing database answers, and how much memory it holds when idle, against a plain Apollo Server. */
import { setTimeout as sleep } from "node:timers/promises";
import { withSqlite } from "./databases.js";
import { localServer } from "./local-server.js";
import { urlIn, withPrograms } from "./programs.js";
import { megabytes } from "./resident-memory.js";
import { median, spread } from "./statistics.js";

const STARTS = 9;
const IDLE_MS = 1000;

const PEER = { script: "./peers/empty-apollo.js" };
const peerRequest = {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query: "{ __typename }" }),
};

/** One start: how long it takes until the first answer, in milliseconds, and the memory a while later. */
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
export function benchStart() {
  return withSqlite(async (newDatabase) => {
    const program = localServer({ DATABASE_URL: await newDatabase(), LEDGER: "on" });
    const ours = [];
    const peers = [];
    for (let run = 0; run <= STARTS; run++) {
      const [own, peer] = [await start(program, "/readyz"), await start(PEER, "/", peerRequest)];
      // The first start brings the files into memory.
      if (run === 0) continue;
      ours.push(own);
      peers.push(peer);
    }
    return [
      compare("from its start to its first answer", "time", "ms", { ours, peers, asked: "≤ 1.2" }),
      compare("memory when idle", "memory", "MB", { ours, peers }),
    ];
  });
}

function compare(what, key, unit, { ours, peers, asked }) {
  const ratios = ours.map((own, run) => own[key] / peers[run][key]);
  const middle = (starts) => `${Math.round(median(starts.map((one) => one[key])))} ${unit}`;
  return {
    measure: `${what}, on an existing database, against an Apollo Server without resolvers`,
    ours: middle(ours),
    peer: middle(peers),
    ratio: median(ratios),
    spread: spread(ratios),
    asked,
  };
}
