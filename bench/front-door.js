/** The effect on others of 200 slow connections, and of a caller that requests ten times its quota. */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { localServer } from "./local-server.js";
import { askSteadily } from "./pace.js";
import { LOAD_CORE, urlIn, withPrograms } from "./programs.js";
import { milliseconds, p99, rowOf } from "./statistics.js";

const ROUNDS = 5;
const ROUND_SECONDS = 6;
const WARM_UP_SECONDS = 10;
const SLOW_SOCKETS = 200;
const QUOTA = 6000;
/** A little less than the quota per minute. */
const PER_SECOND = QUOTA / 60 - 10;
const GREED = 10;
/** Time for a greedy caller to start and spend its quota. */
const SPENT_MS = (60 / GREED + 2) * 1000;

export async function bench() {
  return [
    await compare("p99 beside 200 connections that never finish their headers vs. without", holdSlow),
    await compare(`p99 beside a caller at ${GREED} times its quota vs. without`, askTooMuch),
  ];
}

/** Rounds alternate between a server without and with the disturbance. */
async function compare(measure, disturb) {
  const alone = [];
  const beside = [];
  // Enough for the victim, which is another caller in each round, but too little for the greedy caller.
  const program = localServer({ TOKENS_PER_MINUTE: String(QUOTA) });
  await withPrograms([program], async ({ line }) => {
    const url = urlIn(line);
    await p99Of(url, "warm-up", WARM_UP_SECONDS);
    for (let round = 0; round < ROUNDS; round++) {
      alone.push(await p99Of(url, `alone-${round}`));
      beside.push(await disturb(url, () => p99Of(url, `beside-${round}`)));
    }
  });
  return rowOf(measure, beside, alone, milliseconds);
}

/** The 99th percentile of the answer times of a caller at a steady pace, in milliseconds. */
async function p99Of(url, caller, seconds = ROUND_SECONDS) {
  const { times, failures } = await askSteadily(url, PER_SECOND, seconds, [caller]);
  if (failures.length > 0) throw new Error(failures[0]);
  return p99(times);
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

/** Runs in its own process: here, so many answers would block the event loop that measures. */
async function askTooMuch(url, measureBeside) {
  const args = [url, String((QUOTA / 60) * GREED)];
  return await withPrograms([{ script: "./greedy.js", args, core: LOAD_CORE }], async () => {
    await sleep(SPENT_MS);
    return await measureBeside();
  });
}
