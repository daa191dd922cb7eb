/** What others notice of 200 slow connections, and of a caller that asks for ten times its quota. */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { localServer } from "./local-server.js";
import { LOAD_CORE, urlIn, withPrograms } from "./programs.js";
import { SESSION_ID } from "./project.js";
import { requestFor, tryOut } from "./query.js";
import { median, spread } from "./statistics.js";

const ROUNDS = 5;
const ROUND_MS = 6000;
const WARM_UP_MS = 10_000;
const SLOW_SOCKETS = 200;
const QUOTA = 6000;
/** A little less than the quota of a minute. */
const PER_SECOND = QUOTA / 60 - 10;
const GREED = 10;
/** After which a greedy caller has spent its quota, with some time to start. */
const SPENT_MS = (60 / GREED + 2) * 1000;

export async function benchFrontDoor() {
  return [
    await compare("p99 beside 200 connections that never finish their headers, against without", holdSlow),
    await compare(`p99 beside a caller at ${GREED} times its quota, against without`, askTooMuch),
  ];
}

/** Rounds alternate between a server that is left alone and one that is disturbed. */
async function compare(measure, disturb) {
  const alone = [];
  const beside = [];
  // Enough for a neighbour, of whom each round has its own, but not for what a greedy one asks.
  const program = localServer({ TOKENS_PER_MINUTE: String(QUOTA) });
  await withPrograms([program], async ({ line }) => {
    const url = urlIn(line);
    await tryOut(url, requestFor(SESSION_ID));
    await p99(url, "warm-up", WARM_UP_MS);
    for (let round = 0; round < ROUNDS; round++) {
      alone.push(await p99(url, `alone-${round}`));
      beside.push(await disturb(url, () => p99(url, `beside-${round}`)));
    }
  });
  const ratios = beside.map((value, round) => value / alone[round]);
  return {
    measure,
    ours: `${median(beside).toFixed(2)} ms`,
    peer: `${median(alone).toFixed(2)} ms`,
    ratio: median(ratios),
    spread: spread(ratios),
  };
}

/** The 99th percentile of the time that a caller at a steady pace waits for an answer, in milliseconds. */
async function p99(url, caller, duration = ROUND_MS) {
  const request = requestFor(SESSION_ID, caller);
  const times = [];
  await atPace(PER_SECOND, duration, async () => {
    const start = performance.now();
    const response = await fetch(url, request);
    const { errors } = await response.json();
    times.push(performance.now() - start);
    if (errors) throw new Error(JSON.stringify(errors));
  });
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)];
}

/** Calls `act` so often in a second, whether or not earlier calls have ended, and waits for all. */
async function atPace(perSecond, duration, act) {
  const calls = [];
  const start = performance.now();
  while (performance.now() - start < duration) {
    while (calls.length < ((performance.now() - start) / 1000) * perSecond) calls.push(act());
    await sleep(1);
  }
  await Promise.all(calls);
}

async function holdSlow(url, measureBeside) {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: SLOW_SOCKETS }, () => connect(Number(port), hostname));
  for (const socket of sockets) socket.on("error", () => {});
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  for (const socket of sockets) socket.write("POST /graphql HTTP/1.1\r\nhost: localhost\r\n");
  const drip = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write("x");
  }, 500);
  const result = await measureBeside();
  clearInterval(drip);
  for (const socket of sockets) socket.destroy();
  return result;
}

/** From a process of its own: this one would measure how long its own loop is busy with so many answers. */
async function askTooMuch(url, measureBeside) {
  const args = [url, String((QUOTA / 60) * GREED)];
  return await withPrograms([{ script: "./greedy.js", args, core: LOAD_CORE }], async () => {
    await sleep(SPENT_MS);
    return await measureBeside();
  });
}
