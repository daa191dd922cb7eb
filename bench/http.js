/** generateToken over HTTP, against a bare node:http server: one core for the server, another for the load. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { API_KEY, API_SECRET, DATA, SESSION_ID } from "./project.js";
import { median, spread } from "./statistics.js";

const LAUNCHES = 5;
const ROUNDS = 4;
const ROUND_SECONDS = 1;
const CONNECTIONS = 32;
const SERVER_CORE = "0";

const query = `mutation GenerateToken($sessionId: ID!, $role: Role, $data: String, $expireTime: Int) {
  generateToken(sessionId: $sessionId, role: $role, data: $data, expireTime: $expireTime) { token expiresAt role }
}`;
const variables = {
  sessionId: SESSION_ID,
  role: "MODERATOR",
  data: DATA,
  expireTime: Math.floor(Date.now() / 1000) + 3600,
};
const request = {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query, variables }),
};

/** Starts a server on its core and resolves when it has printed its address. */
function start(script, env) {
  const child = spawn(
    "taskset",
    ["-c", SERVER_CORE, process.execPath, fileURLToPath(new URL(script, import.meta.url))],
    {
      env: { ...process.env, NODE_ENV: "production", ...env },
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
      const url = /http:\S+/.exec(output)?.[0];
      if (url) resolve({ url, child });
    });
    child.on("exit", (code) => reject(new Error(`${script} ended with ${code}`)));
  });
}

async function answer(url) {
  const response = await fetch(url, request);
  return response.json();
}

/** Requests per second during one round. */
async function rate(url, seconds = ROUND_SECONDS) {
  const result = await autocannon({ url, connections: CONNECTIONS, duration: seconds, ...request });
  if (result.non2xx || result.errors)
    throw new Error(`${url}: ${result.non2xx} refusals, ${result.errors} errors`);
  return result.requests.average;
}

const megabytes = ({ pid }) =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024);

/** One launch of both contenders; its rounds alternate, because the machine's speed drifts. */
async function launch(rates, memory) {
  const ours = await start("../dist/main.js", {
    PORT: "0",
    DATABASE_URL: ":memory:",
    PLATFORM: "local",
    OPENTOK_API_KEY: API_KEY,
    OPENTOK_API_SECRET: API_SECRET,
    // The bare server keeps no log either.
    LOG_LEVEL: "warn",
  });
  const bare = await start("bare-server.js", {});
  try {
    for (const { url } of [ours, bare]) {
      const { data, errors } = await answer(url);
      if (!data?.generateToken.token) throw new Error(`${url}: ${JSON.stringify(errors)}`);
      // The larger program takes some five seconds to be compiled.
      await rate(url, 5);
    }
    for (let round = 0; round < ROUNDS; round++) {
      rates.ours.push(await rate(ours.url));
      rates.bare.push(await rate(bare.url));
    }
    memory.ours.push(megabytes(ours.child));
    memory.bare.push(megabytes(bare.child));
  } finally {
    for (const { child } of [ours, bare]) {
      child.removeAllListeners("exit");
      child.kill();
    }
  }
}

/** Several launches, because one process can be a quarter faster than the next of the same program. */
export async function benchHttp() {
  const rates = { ours: [], bare: [] };
  const memory = { ours: [], bare: [] };
  for (let run = 0; run < LAUNCHES; run++) await launch(rates, memory);
  const ratios = rates.ours.map((value, round) => value / rates.bare[round]);
  return [
    {
      measure: "generateToken over HTTP, against a bare node:http server",
      ours: `${Math.round(median(rates.ours))}/s, ${median(memory.ours)} MB`,
      peer: `${Math.round(median(rates.bare))}/s, ${median(memory.bare)} MB`,
      ratio: median(ratios),
      spread: spread(ratios),
    },
  ];
}
