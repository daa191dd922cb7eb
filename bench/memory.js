/** How much memory the server holds after a million tokens, and after as many documents as nobody has. */
import { setTimeout as sleep } from "node:timers/promises";
import autocannon from "autocannon";
import { withSqlite } from "./databases.js";
import { localServer } from "./local-server.js";
import { urlIn, withPrograms } from "./programs.js";
import { SESSION_ID } from "./project.js";
import { requestFor, tryOut } from "./query.js";
import { megabytes } from "./resident-memory.js";

const FIRST_TOKENS = 10_000;
const ALL_TOKENS = 1_000_000;
const DOCUMENTS = 100_000;
const CONNECTIONS = 50;
/** For how long the server is left alone, and how often its memory is then looked at. */
const IDLE_MS = 5000;
const LOOK_MS = 250;

const request = requestFor(SESSION_ID);

/** The least that it holds while it is left alone. Nobody makes it collect its garbage. */
async function idleMegabytes(child) {
  let least = Number.POSITIVE_INFINITY;
  for (let waited = 0; waited < IDLE_MS; waited += LOOK_MS) {
    await sleep(LOOK_MS);
    least = Math.min(least, megabytes(child));
  }
  return least;
}

/** Asks so often, each time with what `bodyOf` makes, if it is there. */
async function ask(url, amount, bodyOf) {
  const { origin, pathname } = new URL(url);
  const one = { ...request, path: pathname };
  if (bodyOf) one.setupRequest = (sent) => ({ ...sent, body: bodyOf() });
  const result = await autocannon({ url: origin, connections: CONNECTIONS, amount, requests: [one] });
  if (result.non2xx || result.errors)
    throw new Error(`${url}: ${result.non2xx} refusals, ${result.errors} errors`);
}

/** Makes bodies whose documents differ in the operation's name. */
function differentDocuments() {
  const { query, variables } = JSON.parse(request.body);
  let made = 0;
  return () => {
    made += 1;
    return JSON.stringify({ query: query.replace("GenerateToken", `GenerateToken${made}`), variables });
  };
}

/** One server, with the ledger in a SQLite file as by default; each load comes on top of what was before. */
export function benchMemory() {
  return withSqlite(async (newDatabase) => {
    const program = localServer({ DATABASE_URL: await newDatabase(), LEDGER: "on" });
    return await withPrograms([program], async ({ child, line }) => {
      const url = urlIn(line);
      await tryOut(url, request);
      await ask(url, FIRST_TOKENS);
      const first = await idleMegabytes(child);
      await ask(url, ALL_TOKENS - FIRST_TOKENS);
      const all = await idleMegabytes(child);
      await ask(url, DOCUMENTS, differentDocuments());
      const documents = await idleMegabytes(child);
      return [
        row(`memory after ${ALL_TOKENS} tokens`, all, first),
        row(`memory after ${DOCUMENTS} different documents more`, documents, first),
      ];
    });
  });
}

function row(what, megabytes, first) {
  return {
    measure: `${what}, against after the first ${FIRST_TOKENS} tokens`,
    ours: `${Math.round(megabytes)} MB`,
    peer: `${Math.round(first)} MB`,
    ratio: megabytes / first,
    asked: "≤ 1.3, and < 256 MB",
  };
}
