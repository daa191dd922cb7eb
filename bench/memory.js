/** The server's memory after a million tokens, and after many different documents. */
import { setTimeout as sleep } from "node:timers/promises";
import { requestFor, tryOut } from "./caller.js";
import { withSqlite } from "./databases.js";
import { rate } from "./load.js";
import { localServer } from "./local-server.js";
import { urlIn, withPrograms } from "./programs.js";
import { SESSION_ID } from "./project.js";
import { megabytes } from "./resident-memory.js";

const FIRST_TOKENS = 10_000;
const ALL_TOKENS = 1_000_000;
const DOCUMENTS = 100_000;
/** How long the server idles, and how often its memory is read meanwhile, in milliseconds. */
const IDLE_MS = 5000;
const LOOK_MS = 250;

const request = requestFor(SESSION_ID);

let made = 0;
/** A new document each time: they differ in the operation's name. */
const newDocument = () => ({
  ...request,
  body: request.body.replace("GenerateToken", `GenerateToken${++made}`),
});

/** The lowest memory while the server idles, without a forced garbage collection. */
async function idleMegabytes(child) {
  let least = Number.POSITIVE_INFINITY;
  for (let waited = 0; waited < IDLE_MS; waited += LOOK_MS) {
    await sleep(LOOK_MS);
    least = Math.min(least, megabytes(child));
  }
  return least;
}

/** One server with the default ledger in a SQLite file; each load adds to the one before. */
export function bench() {
  return withSqlite(async (newDatabase) => {
    const program = localServer({ DATABASE_URL: await newDatabase(), LEDGER: "on" });
    return await withPrograms([program], async ({ child, line }) => {
      const url = urlIn(line);
      await tryOut(url, request);
      await rate(url, [request], { amount: FIRST_TOKENS });
      const first = await idleMegabytes(child);
      await rate(url, [request], { amount: ALL_TOKENS - FIRST_TOKENS });
      const all = await idleMegabytes(child);
      await rate(url, [newDocument], { amount: DOCUMENTS });
      const documents = await idleMegabytes(child);
      return [
        row(`memory after ${ALL_TOKENS} tokens`, all, first),
        row(`memory after ${DOCUMENTS} more documents, all different,`, documents, first),
      ];
    });
  });
}

function row(what, megabytes, first) {
  return {
    measure: `${what} vs. after the first ${FIRST_TOKENS} tokens`,
    ours: `${Math.round(megabytes)} MB`,
    peer: `${Math.round(first)} MB`,
    ratio: megabytes / first,
    asked: "≤ 1.3, and < 256 MB",
  };
}
