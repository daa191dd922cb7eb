/** How long callers wait for a token from a server that is half as busy as it can be, on the embedded database. */
import { withSqlite } from "./databases.js";
import { rate } from "./load.js";
import { localServer } from "./local-server.js";
import { urlIn, withPrograms } from "./programs.js";
import { SESSION_ID } from "./project.js";
import { requestFor, tryOut } from "./query.js";
import { median, spread } from "./statistics.js";
import { steadyLoad } from "./steady-load.js";

const LAUNCHES = 3;
const ROUNDS = 3;
const ROUND_SECONDS = 10;
const WARM_UP_SECONDS = 8;
const MOST_SECONDS = 5;

const request = requestFor(SESSION_ID);

/** Each launch finds its own pace, because one process can be a quarter faster than the next. */
function launch(databaseUrl, rounds) {
  const program = localServer({ DATABASE_URL: databaseUrl, LEDGER: "on" });
  return withPrograms([program], async ({ line }) => {
    const url = urlIn(line);
    await tryOut(url, request);
    await rate(url, request, WARM_UP_SECONDS);
    const pace = (await rate(url, request, MOST_SECONDS)) / 2;
    for (let round = 0; round < ROUNDS; round++) {
      const times = await steadyLoad(url, request, pace, ROUND_SECONDS);
      times.sort((a, b) => a - b);
      const p99 = times[Math.floor(times.length * 0.99)];
      rounds.push({ pace, p99, middle: median(times) });
    }
  });
}

export async function benchLatency() {
  const rounds = [];
  await withSqlite(async (newDatabase) => {
    for (let run = 0; run < LAUNCHES; run++) await launch(await newDatabase(), rounds);
  });
  const ratios = rounds.map(({ p99, middle }) => p99 / middle);
  const pace = Math.round(median(rounds.map((round) => round.pace)));
  return [
    {
      measure:
        "generateToken at half of the most it can do, with the ledger on SQLite: p99, against the median",
      ours: `${median(rounds.map((round) => round.p99)).toFixed(2)} ms at ${pace}/s`,
      peer: `${median(rounds.map((round) => round.middle)).toFixed(2)} ms`,
      ratio: median(ratios),
      spread: spread(ratios),
      asked: "≤ 4",
    },
  ];
}
