/** How long callers wait for a token at half of the highest load, with SQLite. */
import { requestFor } from "./caller.js";
import { withSqlite } from "./databases.js";
import { rate, warmUp } from "./load.js";
import { localServer } from "./local-server.js";
import { urlIn, withPrograms } from "./programs.js";
import { SESSION_ID } from "./project.js";
import { median, milliseconds, p99, rowOf } from "./statistics.js";
import { steadyLoad } from "./steady-load.js";

const LAUNCHES = 3;
const ROUNDS = 3;
const ROUND_SECONDS = 10;
const MOST_SECONDS = 5;

const request = requestFor(SESSION_ID);

/** Each launch finds its own pace, because one process can be a quarter faster than another. */
function launch(databaseUrl, rounds) {
  const program = localServer({ DATABASE_URL: databaseUrl, LEDGER: "on" });
  return withPrograms([program], async ({ line }) => {
    const url = urlIn(line);
    await warmUp([url], [request]);
    const pace = (await rate(url, [request], { duration: MOST_SECONDS })) / 2;
    for (let round = 0; round < ROUNDS; round++) {
      const times = await steadyLoad(url, request, pace, ROUND_SECONDS);
      rounds.push({ pace, p99: p99(times), middle: median(times) });
    }
  });
}

export async function bench() {
  const rounds = [];
  await withSqlite(async (newDatabase) => {
    for (let run = 0; run < LAUNCHES; run++) await launch(await newDatabase(), rounds);
  });
  const of = (key) => rounds.map((round) => round[key]);
  const what = "generateToken at half load, ledger on SQLite: p99 vs. median";
  const row = rowOf(what, of("p99"), of("middle"), milliseconds, "≤ 4");
  return [{ ...row, ours: `${row.ours} at ${Math.round(median(of("pace")))}/s` }];
}
