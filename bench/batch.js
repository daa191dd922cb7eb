/** A thousand tokens in one request, with the ledger on SQLite. */
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { callerJwt } from "./caller.js";
import { withSqlite } from "./databases.js";
import { localServer } from "./local-server.js";
import { urlIn, withPrograms } from "./programs.js";
import { DATA, SESSION_ID } from "./project.js";
import { median, spread } from "./statistics.js";

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

/** The largest that `data` may be, and in characters that make it three times as long in bytes. */
const LONG_DATA = "語".repeat(1000);

const CALLER = callerJwt("bench");
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

export async function benchBatch() {
  return await withSqlite(async (newDatabase) => [
    await rate(newDatabase),
    await blocked(newDatabase, DATA, `data of ${DATA.length} characters`),
    await blocked(newDatabase, LONG_DATA, `data of ${LONG_DATA.length} characters that are not ASCII`),
  ]);
}

function bodyOf(data) {
  const expireTime = Math.floor(Date.now() / 1000) + 3600;
  const requests = Array.from({ length: TOKENS }, () => ({ role: "MODERATOR", data, expireTime }));
  return Buffer.from(JSON.stringify({ query, variables: { sessionId: SESSION_ID, requests } }));
}

async function rate(newDatabase) {
  const rates = { ours: [], bare: [] };
  for (let run = 0; run < LAUNCHES; run++) {
    const server = localServer({ DATABASE_URL: await newDatabase(), LEDGER: "on" });
    await withPrograms([server, { script: "bare-signing.js" }], async ({ line }, bare) => {
      const url = urlIn(line);
      const body = bodyOf(DATA);
      await warmUp(url, body);
      for (let round = 0; round < ROUNDS; round++) {
        let time = 0;
        for (let i = 0; i < BATCHES_A_ROUND; i++) time += await batch(url, body);
        rates.ours.push((BATCHES_A_ROUND * TOKENS * 1000) / time);
        rates.bare.push(Number(await bare.ask("sign")));
      }
    });
  }
  const ratios = rates.ours.map((value, round) => value / rates.bare[round]);
  return {
    measure: `${TOKENS} tokens in one generateTokens, against a loop that signs`,
    ours: `${Math.round(median(rates.ours))} tokens/s`,
    peer: `${Math.round(median(rates.bare))} tokens/s`,
    ratio: median(ratios),
    spread: spread(ratios),
    asked: "≥ 0.5",
  };
}

async function blocked(newDatabase, data, of) {
  const times = [];
  for (let run = 0; run < LAUNCHES; run++) {
    const program = localServer({ DATABASE_URL: await newDatabase(), LEDGER: "on" });
    await withPrograms([{ ...program, script: "watched-server.js" }], async ({ line, ask }) => {
      const url = urlIn(line);
      const body = bodyOf(data);
      await warmUp(url, body);
      await ask("begin");
      for (let i = 0; i < ROUNDS * BATCHES_A_ROUND; i++) await batch(url, body);
      times.push(Number(await ask("end")));
    });
  }
  return {
    measure: `the longest that ${TOKENS} tokens in one generateTokens block the event loop, with ${of}`,
    // The worst of all launches.
    ours: `${Math.max(...times).toFixed(1)} ms`,
    spread: spread(times),
    asked: "≤ 50 ms",
  };
}

async function warmUp(url, body) {
  const end = performance.now() + WARM_UP_MS;
  while (performance.now() < end) await batch(url, body);
}

/** One request: how long it takes to the end of its answer, in milliseconds. Throws unless all of it are tokens. */
async function batch(url, body) {
  const start = performance.now();
  const sent = httpRequest(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${CALLER}`,
      "content-length": body.length,
    },
    agent,
  });
  sent.end(body);
  const [response] = await once(sent, "response");
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  const time = performance.now() - start;
  const answer = Buffer.concat(chunks).toString();
  const outcomes = JSON.parse(answer).data?.generateTokens;
  if (outcomes?.filter(({ token }) => token).length !== TOKENS)
    throw new Error(`${url}: ${response.statusCode} ${answer.slice(0, 500)}`);
  return time;
}
