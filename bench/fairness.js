/** How an attack by one caller affects another. The server runs as shipped. */
import { setTimeout as sleep } from "node:timers/promises";
import { withSqlite } from "./databases.js";
import { ATTACKS } from "./fairness/attacks.js";
import { fill } from "./fairness/records.js";
import { underAttack } from "./fairness/under-attack.js";
import { localServer } from "./local-server.js";
import { askSteadily } from "./pace.js";
import { hasEnded, urlIn, withPrograms } from "./programs.js";
import { peakMegabytes } from "./resident-memory.js";
import { median, p99, spread } from "./statistics.js";

const ROUNDS = 3;
const ROUND_SECONDS = 3;
const PER_SECOND = 40;
const WARM_UP = { perSecond: 500, seconds: 4, callers: Array.from({ length: 20 }, (_, i) => `warm-up-${i}`) };
const SESSIONS = 100_000;
const TOKENS = 300_000;
const LOOK_MS = 100;
/** When a server has recovered: its slowest answer, and the longest wait, in milliseconds. */
const CALM = { slowest: 50, wait: 5000 };

/** The targets: ratios to the times without an attacker, and peak memory in megabytes. */
const MOST = { p50: 3, p99: 5, megabytes: 256 };
const ASKED = `≤ ${MOST.p99}, p50 ≤ ${MOST.p50}, < ${MOST.megabytes} MB, 0 failed`;

/** Runs all attacks one after the other, or only the named one. */
export function bench({ attack: only } = {}) {
  const attacks = ATTACKS.filter(({ name }) => only === undefined || name === only);
  if (attacks.length === 0)
    throw new Error(`Unknown attack ${only}; use one of ${ATTACKS.map(({ name }) => name).join(", ")}`);
  return withSqlite(async (newDatabase) => {
    const databaseUrl = await newDatabase();
    await fill(databaseUrl, SESSIONS, TOKENS);
    const seen = [];
    for (const attack of attacks) {
      const one = await measure(attack, databaseUrl);
      seen.push(one);
      console.error(
        `${attack.name}${one.label && ` (${one.label})`}: ${summaryOf(one)}; answers to the attacker: ${one.answers}`,
      );
    }
    const [worst] = [...seen].sort((a, b) => badness(b) - badness(a));
    console.error(`Worst attack: ${worst.attack.name}: ${summaryOf(worst)}`);
    return seen.map(rowOf);
  });
}

/** Rounds alternate between a server without and with an attack. */
async function measure(attack, databaseUrl) {
  const env = {
    DATABASE_URL: databaseUrl,
    LEDGER: "on",
    LOG_LEVEL: "",
    TOKENS_PER_MINUTE: "",
    SESSIONS_PER_MINUTE: "",
    ...attack.env,
  };
  return await withPrograms([{ ...localServer(env), log: "ignore" }], async ({ child, line }) => {
    const url = urlIn(line);
    const { perSecond, seconds, callers } = WARM_UP;
    await askSteadily(url, perSecond, seconds, callers);
    let megabytes = 0;
    const look = setInterval(() => {
      if (!hasEnded(child)) megabytes = peakMegabytes(child);
    }, LOOK_MS);
    const alone = [];
    const beside = [];
    let last;
    try {
      for (let round = 0; round < ROUNDS; round++) {
        // A server that has not recovered has no baseline.
        if (!(await isCalm(url)) && round > 0) break;
        alone.push(await askSteadily(url, PER_SECOND, ROUND_SECONDS));
        last = await underAttack(url, attack.name, () => askSteadily(url, PER_SECOND, ROUND_SECONDS));
        beside.push(last.result);
      }
    } finally {
      clearInterval(look);
    }
    const [ours, peer] = [quantiles(beside), quantiles(alone)];
    const rounds = beside.map((round, i) => quantiles([round]).p99 / quantiles([alone[i]]).p99);
    const failures = beside.flatMap((round) => round.failures);
    return { attack, ...last, ours, peer, rounds, failures, megabytes, ended: hasEnded(child) };
  });
}

/** Waits until the server has recovered from the previous attack. False if that takes too long. */
async function isCalm(url) {
  const end = performance.now() + CALM.wait;
  while (performance.now() < end) {
    const { times } = await askSteadily(url, PER_SECOND, 0.5);
    if (Math.max(...times) < CALM.slowest) return true;
    await sleep(LOOK_MS);
  }
  return false;
}

function quantiles(rounds) {
  const times = rounds.flatMap((round) => round.times);
  return { p50: median(times), p99: p99(times) };
}

const ratiosOf = ({ ours, peer }) => ({ p50: ours.p50 / peer.p50, p99: ours.p99 / peer.p99 });

/** How bad a result is. Above 1, it misses a target. */
function badness(one) {
  const { p50, p99 } = ratiosOf(one);
  if (one.ended || one.failures.length > 0) return Number.POSITIVE_INFINITY;
  return Math.max(p50 / MOST.p50, p99 / MOST.p99, one.megabytes / MOST.megabytes);
}

function summaryOf(one) {
  const { p50, p99 } = ratiosOf(one);
  const end = one.ended ? ", the server has ended" : "";
  const why = one.failures.length > 0 ? ` (${one.failures[0]})` : "";
  return `p50 × ${p50.toFixed(1)}, p99 × ${p99.toFixed(1)}, ${Math.round(one.megabytes)} MB, ${one.failures.length} failed${why}${end}`;
}

function rowOf(one) {
  const { attack, label, ours, peer, megabytes, failures, ended } = one;
  const { p50, p99 } = ratiosOf(one);
  const end = ended ? ", and it ended" : "";
  const times = (of) => `p50 ${of.p50.toFixed(1)} ms, p99 ${of.p99.toFixed(1)} ms`;
  return {
    measure: `generateToken beside ${attack.what}${label && ` (${label})`} vs. alone: p99`,
    ours: `${times(ours)} (p50 × ${p50.toFixed(1)}), ${Math.round(megabytes)} MB, ${failures.length} failed${end}`,
    peer: times(peer),
    ratio: p99,
    spread: spread(one.rounds),
    asked: ASKED,
  };
}
