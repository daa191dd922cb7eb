import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { atOnce } from "../support/at-once.ts";
import { answer, type Behaviour, hang, resetAtOnce } from "../support/fault-server.ts";
import { LONG } from "../support/long.ts";
import {
  ANSWER_LIMIT,
  type Answer,
  checkDatabase,
  ensure,
  ensureOften,
  isHonest,
  sessionsByName,
  startReplicas,
} from "../support/replicas.ts";

const NAMES = Array.from({ length: LONG ? 50 : 10 }, (_, index) => `room ${index}`);
const CALLS_PER_NAME = LONG ? 200 : 20;
/** How many names are asked for at once, with a socket for each call. */
const NAMES_AT_ONCE = 5;

/** Asks for every name as often as it is to be, some of the names at once. */
async function ensureAll(urls: readonly string[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let first = 0; first < NAMES.length; first += NAMES_AT_ONCE) {
    const names = NAMES.slice(first, first + NAMES_AT_ONCE);
    const some = await Promise.all(names.map((name) => ensureOften(urls, { name }, CALLS_PER_NAME)));
    answers.push(...some.flat());
  }
  return answers;
}

/** Asks once more whoever got an error, until there is none. */
async function ensureAgain(answers: readonly Answer[]): Promise<Answer[]> {
  const settled = answers.filter(({ sessionId }) => sessionId !== null);
  let failed = answers.filter(({ sessionId }) => sessionId === null);
  // The servers leave a platform that kept failing alone for a while.
  const end = performance.now() + 30_000;
  while (failed.length > 0 && performance.now() < end) {
    const again = await Promise.all(failed.map(({ url, asked }) => ensure(url, asked)));
    settled.push(...again.filter(({ sessionId }) => sessionId !== null));
    failed = again.filter(({ sessionId }) => sessionId === null);
    if (failed.length > 0) await sleep(500);
  }
  expect(failed).toEqual([]);
  return settled;
}

/** Numbers from 0 to 1 that look random and are the same every time (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fails in one of three ways, or else is honest. */
function failAtRandom(seed: number): Behaviour {
  const next = numbersFrom(seed);
  const well = isHonest();
  const failures = [answer(500, "text/plain", ""), resetAtOnce, hang];
  return (response, request) => {
    const behaviour = failures[Math.floor(next() * 7)] ?? well;
    behaviour(response, request);
  };
}

const test = atOnce("two servers with one database", 180_000);

test(`create one session for each of ${NAMES.length} names that ${CALLS_PER_NAME} ask for at once`, async () => {
  const { fault, urls, query } = await startReplicas();
  const answers = await ensureAll(urls);
  expect(answers.filter(({ sessionId }) => sessionId === null)).toEqual([]);
  expect(fault.received).toHaveLength(NAMES.length);
  const sessions = sessionsByName(answers);
  expect(new Set(sessions.values()).size).toBe(NAMES.length);
  await checkDatabase(query, sessions);
});

test("let no name hang, and give none two sessions, while the platform fails at random", async () => {
  const { fault, urls, query } = await startReplicas(failAtRandom(20_261_124));
  const answers = await ensureAll(urls);
  expect(Math.max(...answers.map(({ took }) => took))).toBeLessThan(ANSWER_LIMIT);
  const codes = new Set(answers.flatMap(({ extensions }) => (extensions ? [extensions.code] : [])));
  expect([...codes]).toEqual(["PLATFORM_UNAVAILABLE"]);
  fault.behave(isHonest());
  const sessions = sessionsByName(await ensureAgain(answers));
  expect(sessions.size).toBe(NAMES.length);
  expect(new Set(sessions.values()).size).toBe(NAMES.length);
  await checkDatabase(query, sessions);
});

test("keep nothing of names whose sessions could not be created", async () => {
  const { fault, urls, query } = await startReplicas(answer(503, "text/plain", ""));
  const names = NAMES.slice(0, 10);
  const answers = await Promise.all(names.map((name) => ensureOften(urls, { name }, 10)));
  const codes = new Set(answers.flat().map(({ extensions }) => extensions?.code));
  expect([...codes]).toEqual(["PLATFORM_UNAVAILABLE"]);
  expect(await query("SELECT * FROM session_names")).toEqual([]);
  fault.behave(isHonest());
  const settled = await ensureAgain(answers.flat());
  await checkDatabase(query, sessionsByName(settled));
});

test("replace a session that is too old once, however many ask at once", async () => {
  const { fault, urls, query } = await startReplicas();
  const name = "daily";
  const age = (seconds: number) => query(`UPDATE session_names SET since = since - ${seconds * 1000}`);
  const first = await ensure(urls[0], { name });
  await age(30);
  const young = await ensureOften(urls, { name, maxAge: 60 }, CALLS_PER_NAME);
  expect(sessionsByName(young).get(name)).toBe(first.sessionId);
  await age(31);
  const old = await ensureOften(urls, { name, maxAge: 60 }, CALLS_PER_NAME);
  expect(old.filter(({ sessionId }) => sessionId === null)).toEqual([]);
  expect(fault.received).toHaveLength(2);
  const second = sessionsByName(old).get(name);
  expect(second).not.toBe(first.sessionId);
  const [{ session_id: current }] = await query("SELECT session_id FROM session_names");
  expect(current).toBe(second);
});

test("tell those who ask for another option at once which one it is that differs", async () => {
  const { fault, urls } = await startReplicas();
  for (const [option, one, other] of [
    ["mediaMode", { mediaMode: "RELAYED" }, { mediaMode: "ROUTED" }],
    ["location", { location: "203.0.113.8" }, { location: "203.0.113.7" }],
    [
      "archiveMode",
      { mediaMode: "ROUTED", archiveMode: "MANUAL" },
      { mediaMode: "ROUTED", archiveMode: "ALWAYS" },
    ],
    ["e2ee", { mediaMode: "ROUTED", e2ee: false }, { mediaMode: "ROUTED", e2ee: true }],
  ] as const) {
    const before = fault.received.length;
    const name = `disputed ${option}`;
    const sides = await Promise.all([
      ensureOften(urls, { name, ...one }, 20),
      ensureOften(urls, { name, ...other }, 20),
    ]);
    const won = sides.filter((answers) => answers.every(({ sessionId }) => sessionId !== null));
    const lost = sides.filter((answers) => answers.every(({ sessionId }) => sessionId === null));
    expect([won.length, lost.length]).toEqual([1, 1]);
    expect(sessionsByName(won.flat()).size).toBe(1);
    const refusals = new Set(lost.flat().map(({ extensions }) => JSON.stringify(extensions)));
    expect([...refusals].map((extensions) => JSON.parse(extensions))).toEqual([
      { code: "BAD_USER_INPUT", retryable: false, argument: option },
    ]);
    expect(fault.received).toHaveLength(before + 1);
  }
});
