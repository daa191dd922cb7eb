/** Many tokens in one request, with the ledger on SQLite. */
import { postOf } from "./caller.js";
import { withSqlite } from "./databases.js";
import { localServer, watched } from "./local-server.js";
import { client } from "./pace.js";
import { urlIn, withPrograms } from "./programs.js";
import { DATA, SESSION_ID } from "./project.js";
import { rowOf, spread } from "./statistics.js";

const TOKENS = 1000;
const LAUNCHES = 3;
const ROUNDS = 5;
const BATCHES_A_ROUND = 5;
const WARM_UP_MS = 8000;

const query = `mutation GenerateTokens($sessionId: ID!, $requests: [TokenRequest!]!) {
  generateTokens(sessionId: $sessionId, requests: $requests) {
    ... on ConnectionToken { token expiresAt role }
    ... on TokenRefusal { code message argument }
  }
}`;

/** The longest `data`, in characters of three bytes, for as many tokens as fit into a body. */
const LONG_DATA = "語".repeat(1000);
const LONG_TOKENS = 150;

export function bench() {
  return withSqlite(async (newDatabase) => {
    const newServer = async () => localServer({ DATABASE_URL: await newDatabase(), LEDGER: "on" });
    return [
      await rate(newServer),
      await blocked(newServer, TOKENS, DATA, "characters"),
      await blocked(newServer, LONG_TOKENS, LONG_DATA, "non-ASCII characters"),
    ];
  });
}

/** Warms up a server, the first of the programs. Passes the programs to `use`, with a function that requests the next batch. */
function launch(programs, tokens, data, use) {
  return withPrograms(programs, async (...started) => {
    const { post, close } = client(urlIn(started[0].line), 1);
    const expireTime = Math.floor(Date.now() / 1000) + 3600;
    const requests = Array(tokens).fill({ role: "MODERATOR", data, expireTime });
    const request = postOf(query, { sessionId: SESSION_ID, requests });
    const batch = () => timeOf(post, request, tokens);
    const end = performance.now() + WARM_UP_MS;
    while (performance.now() < end) await batch();
    await use(batch, ...started);
    close();
  });
}

/** The time until one request is fully answered, in milliseconds. Throws unless the answer holds only tokens. */
async function timeOf(post, request, tokens) {
  const start = performance.now();
  const { status, text } = await post(request);
  const time = performance.now() - start;
  const outcomes = JSON.parse(text).data?.generateTokens;
  if (outcomes?.filter(({ token }) => token).length !== tokens)
    throw new Error(`HTTP ${status} ${text.slice(0, 500)}`);
  return time;
}

async function rate(newServer) {
  const rates = { ours: [], bare: [] };
  for (let run = 0; run < LAUNCHES; run++) {
    const programs = [await newServer(), { script: "bare-signing.js" }];
    await launch(programs, TOKENS, DATA, async (batch, _, bare) => {
      for (let round = 0; round < ROUNDS; round++) {
        let time = 0;
        for (let i = 0; i < BATCHES_A_ROUND; i++) time += await batch();
        rates.ours.push((BATCHES_A_ROUND * TOKENS * 1000) / time);
        rates.bare.push(await bare.ask("rate"));
      }
    });
  }
  const what = `${TOKENS} tokens in one generateTokens vs. a signing loop`;
  return rowOf(what, rates.ours, rates.bare, (tokens) => `${Math.round(tokens)} tokens/s`, "≥ 0.5");
}

async function blocked(newServer, tokens, data, characters) {
  const times = [];
  for (let run = 0; run < LAUNCHES; run++) {
    await launch([watched(await newServer())], tokens, data, async (batch, { ask }) => {
      await ask("longest");
      for (let i = 0; i < ROUNDS * BATCHES_A_ROUND; i++) await batch();
      times.push(await ask("end"));
    });
  }
  const what = `longest event-loop block by ${tokens} tokens in one generateTokens`;
  return {
    measure: `${what}, data of ${data.length} ${characters}`,
    // The worst launch.
    ours: `${Math.max(...times).toFixed(1)} ms`,
    spread: spread(times),
    asked: "≤ 50 ms",
  };
}
