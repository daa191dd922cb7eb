/** Live sessions: tokens beside a flood of events, the time from an event to a subscriber, and the memory of idle sockets. */
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { callerJwt, postOf } from "./caller.js";
import { withPostgres, withSqlite } from "./databases.js";
import { SECRET, sender, visit } from "./events.js";
import { localServer } from "./local-server.js";
import { askSteadily } from "./pace.js";
import { LOAD_CORE, urlIn, withPrograms } from "./programs.js";
import { API_KEY, SESSION_ID, sessionIdOf } from "./project.js";
import { megabytes, peakMegabytes } from "./resident-memory.js";
import { milliseconds, p99 } from "./statistics.js";

/** The participants of the flood, and their sessions. Each participant has five events. */
const PARTICIPANTS = 10_000;
const SESSIONS = 100;
const TOKENS_PER_SECOND = 40;
const WARM_UP_SECONDS = 5;
const ALONE_SECONDS = 10;
const OBSERVED = 500;
const SOCKETS = 1000;
const READER = {
  scope: "participants:read tokens:create",
  video_grant: { roles: ["MODERATOR"], sessions: ["*"] },
};

const server = (env) => localServer({ LEDGER: "on", WEBHOOK_SECRET: SECRET, ...env });

async function tokensBesideEvents(newDatabase) {
  const DATABASE_URL = await newDatabase();
  return await withPrograms([server({ DATABASE_URL })], async ({ child, line }) => {
    const url = urlIn(line);
    const beside = async ({ ask }) => {
      let rate;
      const flooding = ask("flood").then((answer) => {
        rate = answer;
      });
      const rounds = [];
      while (rate === undefined) rounds.push(await askSteadily(url, TOKENS_PER_SECOND, 1));
      await flooding;
      // The last round runs partly without a flood.
      const times = rounds.slice(0, -1).flatMap((round) => round.times);
      return { rate, times, failures: rounds.flatMap((round) => round.failures) };
    };
    await askSteadily(url, TOKENS_PER_SECOND, WARM_UP_SECONDS);
    const alone = await askSteadily(url, TOKENS_PER_SECOND, ALONE_SECONDS);
    const before = megabytes(child);
    // In its own process, which would otherwise hold up the requests that are measured.
    const args = [url, String(PARTICIPANTS), String(SESSIONS)];
    const { rate, times, failures } = await withPrograms(
      [{ script: "./flood.js", args, core: LOAD_CORE }],
      beside,
    );
    const [failure] = [...alone.failures, ...failures];
    if (failure) throw new Error(failure);
    const left = await storedParticipants(url);
    const [ours, peer] = [p99(times), p99(alone.times)];
    return [
      {
        measure: `generateToken beside 50,000 events at ${Math.round(rate)}/s, p99 vs. alone; ${left} of ${PARTICIPANTS} participants came and left`,
        ours: milliseconds(ours),
        peer: milliseconds(peer),
        ratio: ours / peer,
        asked: "≤ 3",
      },
      {
        measure: "peak memory beside those events vs. before",
        ours: `${Math.round(peakMegabytes(child))} MB`,
        peer: `${Math.round(before)} MB`,
        ratio: peakMegabytes(child) / before,
        asked: "< 256 MB",
      },
    ];
  });
}

/** The number of stored participants of all sessions of the flood who have left. */
async function storedParticipants(url) {
  const query =
    "query ($id: ID!) { session(sessionId: $id) { participants(first: 100, present: false) { nodes { leftAt } } } }";
  const jwt = callerJwt("reader", { ...READER, scope: "participants:read sessions:read" });
  let sum = 0;
  for (let i = 0; i < SESSIONS; i++) {
    const { headers, ...request } = postOf(query, { id: sessionIdOf(API_KEY, `session-${i}-`) });
    const answer = await fetch(url, { ...request, headers: { ...headers, authorization: `Bearer ${jwt}` } });
    const { data } = await answer.json();
    sum += data.session.participants.nodes.filter(({ leftAt }) => leftAt !== null).length;
  }
  return sum;
}

const socketClient = (url, options) =>
  createClient({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${callerJwt("reader", READER)}` },
    lazy: false,
    retryAttempts: 0,
    ...options,
  });

/** The times from sending an event to its arrival at a subscriber, in milliseconds. */
async function timesToSubscriber(eventUrl, subscriberUrl) {
  const graphql = socketClient(subscriberUrl);
  const arrived = new Map();
  const query = "subscription ($id: ID!) { participantChanged(sessionId: $id) { connectionId } }";
  const stop = graphql.subscribe(
    { query, variables: { id: SESSION_ID } },
    {
      next: ({ data }) => arrived.get(data.participantChanged.connectionId)?.(),
      error: (error) => console.error(error),
      complete() {},
    },
  );
  await sleep(1000);
  const { send, close } = sender(eventUrl, 4);
  const times = [];
  for (let i = 0; i < OBSERVED; i++) {
    const [created] = visit(SESSION_ID);
    const start = performance.now();
    const seen = new Promise((resolve) => arrived.set(created.connection.id, resolve));
    await Promise.all([send(created), seen]);
    times.push(performance.now() - start);
    // No regular pace, which could agree with that of a reader.
    await sleep(Math.random() * 50);
  }
  stop();
  await graphql.dispose();
  close();
  return times;
}

const arrival = (where, times, asked) => ({
  measure: `event to subscriber, ${where}, p99`,
  ours: milliseconds(p99(times)),
  asked: `≤ ${asked} ms`,
});

async function onOneServer(newDatabase) {
  const DATABASE_URL = await newDatabase();
  return await withPrograms([server({ DATABASE_URL })], async ({ line }) => {
    const url = urlIn(line);
    return arrival("on one server with SQLite", await timesToSubscriber(url, url), 100);
  });
}

async function acrossTwo(newDatabase) {
  const env = { DATABASE_URL: await newDatabase() };
  return await withPrograms([server(env), server(env)], async (one, other) => {
    const times = await timesToSubscriber(urlIn(one.line), urlIn(other.line));
    return arrival("across two servers with PostgreSQL", times, 500);
  });
}

async function idleSockets(newDatabase) {
  const env = { DATABASE_URL: await newDatabase(), MAX_CONNECTIONS_PER_CALLER: String(2 * SOCKETS) };
  return await withPrograms([server(env)], async ({ child, line }) => {
    const url = urlIn(line);
    await askSteadily(url, TOKENS_PER_SECOND, WARM_UP_SECONDS);
    const before = megabytes(child);
    const program = { script: "./idle-sockets.js", args: [url, String(SOCKETS)], core: LOAD_CORE };
    return await withPrograms([program], async () => {
      await sleep(5000);
      const after = megabytes(child);
      return {
        measure: `memory of ${SOCKETS} idle sockets`,
        ours: `${Math.round(after)} MB`,
        peer: `${Math.round(before)} MB`,
        ratio: after / before,
        asked: "≤ 40 MB more",
      };
    });
  });
}

export async function bench() {
  const results = await withSqlite(async (newDatabase) => [
    ...(await tokensBesideEvents(newDatabase)),
    await onOneServer(newDatabase),
    await idleSockets(newDatabase),
  ]);
  return [...results, await withPostgres(acrossTwo)];
}
