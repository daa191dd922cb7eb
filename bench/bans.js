/** Bans: how long somebody stays who comes back, and the cost of bans for generateToken, also relative to another commit. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { openForMaintenance } from "../dist/store/database.js";
import { parseDatabaseUrl } from "../dist/store/database-address.js";
import { withBuildOf } from "./builds.js";
import { callerJwt, postOf } from "./caller.js";
import { freePort, withPostgres, withSqlite } from "./databases.js";
import { SECRET } from "./events.js";
import { sideBySide } from "./load.js";
import { localServer } from "./local-server.js";
import { urlIn, withPrograms } from "./programs.js";
import { API_KEY, sessionIdOf } from "./project.js";
import { median, milliseconds, p99, perSecond, rowOf } from "./statistics.js";

const TOKENS = 5;
const EVERY_MS = 100;
const SECONDS = 60;
/** In this time before, servers that have just started get faster. */
const WARM_UP_SECONDS = 30;
/** Refused requests of the banned person at each server, a second. */
const REQUESTS_PER_SECOND = 20;

const LAUNCHES = 3;
const BANS = 10_000;
const SESSIONS = 10;

const SESSION = sessionIdOf(API_KEY, "bans");
const MANAGING = {
  scope: "tokens:create bans:manage participants:manage",
  video_grant: { roles: ["MODERATOR"], sessions: ["*"] },
};

const GENERATE = `mutation ($sessionId: ID!, $identity: String, $data: String) {
  generateToken(sessionId: $sessionId, role: MODERATOR, identity: $identity, data: $data) { token expiresAt role } }`;

const generate = (sessionId, identity, data) => postOf(GENERATE, { sessionId, identity, data });

async function ask(url, { headers, ...request }) {
  const authorization = `Bearer ${callerJwt("manager", MANAGING)}`;
  return await (await fetch(url, { ...request, headers: { ...headers, authorization } })).json();
}

/** Joins once. Resolves to the time until the platform ends the stay, in milliseconds. */
async function stay(url, token) {
  const socket = new WebSocket(`${new URL("/local/join", url).href.replace("http", "ws")}`);
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "join", token }));
  const [first] = await once(socket, "message");
  const start = performance.now();
  if (JSON.parse(first.toString()).type !== "joined") throw new Error(`not joined: ${first}`);
  await once(socket, "close");
  return performance.now() - start;
}

async function stays(newDatabase) {
  const env = { LEDGER: "on", WEBHOOK_SECRET: SECRET, DATABASE_URL: await newDatabase() };
  const port = String(await freePort());
  // One receives the events, and both issue tokens.
  const platform = localServer({
    WEBHOOK_SECRET: SECRET,
    LOCAL_WEBHOOK_URL: `http://127.0.0.1:${port}/webhooks/session-monitoring`,
  });
  return await withPrograms([platform], async ({ line }) => {
    const rooms = urlIn(line);
    const served = { ...env, PLATFORM: "opentok", OPENTOK_API_URL: new URL(rooms).origin };
    const programs = [localServer({ ...served, PORT: port }), localServer(served)];
    return await withPrograms(programs, (...servers) =>
      comeBack(
        rooms,
        servers.map((one) => urlIn(one.line)),
      ),
    );
  });
}

async function comeBack(rooms, urls) {
  const tokens = [];
  for (let i = 0; i < TOKENS; i++) {
    const { data, errors } = await ask(urls[0], generate(SESSION, "banned", `old-${i}`));
    if (errors) throw new Error(JSON.stringify(errors));
    tokens.push(data.generateToken.token);
  }
  const ban =
    "mutation ($identity: String!, $id: ID) { banIdentity(identity: $identity, sessionId: $id) { id } }";
  const { errors } = await ask(urls[0], postOf(ban, { identity: "banned", id: SESSION }));
  if (errors) throw new Error(JSON.stringify(errors));

  const visits = [];
  let issued = 0;
  const warm = performance.now() + WARM_UP_SECONDS * 1000;
  const end = warm + SECONDS * 1000;
  const coming = async () => {
    while (performance.now() < end) {
      for (const token of tokens) {
        const isCounted = performance.now() >= warm;
        const visit = stay(rooms, token).then((time) => ({ time, isCounted }));
        // It is awaited at the end.
        visit.catch(() => {});
        visits.push(visit);
      }
      await sleep(EVERY_MS);
    }
  };
  const requesting = async (url) => {
    while (performance.now() < end) {
      const { data } = await ask(url, generate(SESSION, "banned", "new"));
      if (data?.generateToken) issued += 1;
      await sleep(1000 / REQUESTS_PER_SECOND);
    }
  };
  await Promise.all([coming(), ...urls.map(requesting)]);
  if (issued > 0) throw new Error(`${issued} tokens were issued after the ban`);
  const all = await Promise.all(visits);
  const times = all.flatMap(({ time, isCounted }) => (isCounted ? [time] : []));
  const first = all.flatMap(({ time, isCounted }) => (isCounted ? [] : [time]));
  return {
    measure: `stay of a banned participant in ${times.length} visits, two servers with PostgreSQL, p99; p50 ${milliseconds(median(times))}, longest ${milliseconds(Math.max(...times))}, p99 in the ${WARM_UP_SECONDS} s before ${milliseconds(p99(first))}`,
    ours: milliseconds(p99(times)),
    asked: "≤ 300 ms",
  };
}

/** Adds bans that keep out others: of identities in all sessions and in these sessions, and of connection data. */
async function addBans(url, sessionIds) {
  const { kysely } = await openForMaintenance(parseDatabaseUrl(url));
  const bans = Array.from({ length: BANS }, (_, i) => {
    const sessionId = sessionIds[i % sessionIds.length];
    const isByData = i % 10 === 0;
    return {
      id: `b_${i}`,
      identity: isByData ? null : `someone-${i}`,
      data_fingerprint: isByData ? `fingerprint-${i}` : null,
      session_id: isByData || i % 2 === 0 ? sessionId : null,
      until: null,
      created_at: Date.now(),
      created_by: "bench",
      lifted_at: null,
    };
  });
  for (let i = 0; i < BANS; i += 100)
    await kysely
      .insertInto("bans")
      .values(bans.slice(i, i + 100))
      .execute();
  await kysely.destroy();
}

/** The cost of bans. Each contender has its own SQLite file. */
async function cost(newDatabase, other) {
  const sessionIds = Array.from({ length: SESSIONS }, (_, i) => sessionIdOf(API_KEY, `bench${i}`));
  const requests = sessionIds.map((sessionId, i) => generate(sessionId, `user-${i}`, `data-${i}`));
  const programsOf = async () => {
    const [none, many] = [await newDatabase(), await newDatabase()];
    await addBans(many, sessionIds);
    return [
      localServer({ DATABASE_URL: none, LEDGER: "on" }),
      localServer({ DATABASE_URL: many, LEDGER: "on" }),
      ...(other
        ? [{ ...localServer({ DATABASE_URL: await other.newDatabase(), LEDGER: "on" }), script: other.entry }]
        : []),
    ];
  };
  const [none, many, before] = await sideBySide(programsOf, requests, LAUNCHES);
  const what = "generateToken over HTTP with the ledger on SQLite";
  const rows = [rowOf(`${what}, 10,000 bans vs. none`, many.rates, none.rates, perSecond)];
  if (!before) return rows;
  const vs = `vs. commit ${other.commit}`;
  return [
    ...rows,
    rowOf(`${what}, no bans ${vs}`, none.rates, before.rates, perSecond),
    rowOf(`${what}, 10,000 bans ${vs}`, many.rates, before.rates, perSecond),
  ];
}

/** @param options `base` names the commit to compare with */
export async function bench({ base }) {
  const row = await withPostgres(stays);
  const costs = await withSqlite((newDatabase) =>
    base ? withBuildOf(base, (other) => cost(newDatabase, other)) : cost(newDatabase),
  );
  return [row, ...costs];
}
