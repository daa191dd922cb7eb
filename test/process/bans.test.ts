import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { type Fate, type Forwarded, startForwarder } from "../support/forwarder.ts";
import { LONG } from "../support/long.ts";
import { spawnServer } from "../support/process.ts";
import { joined } from "../support/room-client.ts";
import { newDatabaseUrl, sharedPostgres } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** How long the banned person comes back, and how often with each token, in milliseconds. */
const COMING_BACK = LONG ? 60_000 : 6000;
const EVERY = 100;
/** How often a server is killed meanwhile, in milliseconds. */
const KILLED_EVERY = LONG ? 10_000 : 2500;
/** Of the visits with a lost event, every such one. */
const LOST_EVERY = 20;
/** The longest stay of 99% whose event arrives, and of all whose event is lost, in milliseconds. Busy machines are slow; the bench measures. */
const STAY_IF_ARRIVED = 5000;
const STAY_IF_LOST = 75_000;
/** How soon everything is right again, in milliseconds. */
const PATIENCE = 60_000;

const BANNED = "banned";
const GUEST = "guest";

const PROJECT = {
  OPENTOK_API_KEY: API_KEY,
  OPENTOK_API_SECRET: API_SECRET,
  WEBHOOK_SECRET: "canary-secret-of-the-webhooks",
  LOG_LEVEL: "warn",
  MAX_CONNECTIONS_PER_CALLER: "100000",
  MAX_REQUESTS_PER_CALLER: "100000",
  TOKENS_PER_MINUTE: "1000000",
};

interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: each operation has its own shape.
  readonly data: any;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

async function ask(url: string, query: string, variables: object = {}): Promise<Answer> {
  const body = JSON.stringify({ query, variables });
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  return await answer.json();
}

async function graphql(url: string, query: string, variables: object = {}) {
  const { data, errors } = await ask(url, query, variables);
  expect(errors).toBeUndefined();
  return data;
}

/** Two servers on one PostgreSQL. A third is their platform; its events and its REST calls pass `events` and `calls`. */
async function startServers(events?: Fate, calls?: Fate) {
  const databaseUrl = await newDatabaseUrl("PostgreSQL");
  const origins: string[] = [];
  const platform = spawnServer(temporaryFolder(), {
    ...PROJECT,
    PLATFORM: "local",
    LOCAL_WEBHOOK_URL: `${await startForwarder(origins, events)}/webhooks/session-monitoring`,
  });
  const rooms = new URL(await platform.url()).origin;
  const OPENTOK_API_URL = await startForwarder([rooms], calls);
  const start = () =>
    spawnServer(temporaryFolder(), {
      ...PROJECT,
      PLATFORM: "opentok",
      OPENTOK_API_URL,
      DATABASE_URL: databaseUrl,
    });
  const servers = [start(), start()];
  const urls = await Promise.all(servers.map((server) => server.url()));
  origins.push(...urls.map((url) => new URL(url).origin));
  const postgres = await sharedPostgres();
  const { createSession } = await graphql(urls[0] ?? "", "mutation { createSession { sessionId } }");
  return {
    rooms,
    urls,
    sessionId: createSession.sessionId as string,
    query: (sql: string) => postgres.query(sql, new URL(databaseUrl).pathname.slice(1)),
    async kill(i: number) {
      servers[i]?.kill("SIGKILL");
      await servers[i]?.exited;
    },
    async startAgain(i: number) {
      const server = start();
      servers[i] = server;
      urls[i] = await server.url();
      origins[i] = new URL(urls[i] ?? "").origin;
    },
  };
}

type Servers = Awaited<ReturnType<typeof startServers>>;

const GENERATE = `mutation ($sessionId: ID!, $identity: String, $data: String, $format: TokenFormat, $role: Role) {
  generateToken(sessionId: $sessionId, identity: $identity, data: $data, format: $format, role: $role) { token } }`;
const GENERATE_MANY = `mutation ($sessionId: ID!, $requests: [TokenRequest!]!) {
  generateTokens(sessionId: $sessionId, requests: $requests) { ... on ConnectionToken { token } ... on TokenRefusal { code } } }`;
const BAN = `mutation ($identity: String!, $sessionId: ID) { banIdentity(identity: $identity, sessionId: $sessionId) { id isActive } }`;
const REMOVE = "mutation ($id: ID!) { removeParticipant(id: $id) { id leftAt leaveReason } }";
const PARTICIPANTS = `query ($id: ID!) { session(sessionId: $id) {
  participants(first: 100, present: true) { nodes { id connectionId identity } } } }`;

async function tokenFor(url: string, sessionId: string, identity: string, more: object = {}) {
  const { generateToken } = await graphql(url, GENERATE, { sessionId, identity, ...more });
  return generateToken.token as string;
}

/** The participants that a server shows as present. */
async function present(url: string, id: string) {
  const { session } = await graphql(url, PARTICIPANTS, { id });
  return session.participants.nodes as { id: string; connectionId: string; identity: string | null }[];
}

/** The ID of a participant, once a server knows its connection. */
async function participantOf(url: string, sessionId: string, connectionId: string): Promise<string> {
  const find = async () =>
    (await present(url, sessionId)).find((one) => one.connectionId === connectionId)?.id;
  await expect.poll(find, { timeout: PATIENCE }).toBeDefined();
  return (await find()) ?? "";
}

const pendingRemovals = async ({ query }: Servers) => (await query("SELECT * FROM removals")).length;

/** Whether a client is disconnected within this time, in milliseconds. */
const leavesWithin = (client: { closed: Promise<number> }, limit: number) =>
  Promise.race([client.closed.then(() => true), sleep(limit, false)]);

const NO_CONTENT: Forwarded = { status: 204 };

/** Events of the banned person, by connection: they are punctual, late, repeated, or now and then lost. */
function faultyEvents() {
  const fates = ["punctual", "late", "repeated"] as const;
  const seen = new Map<string, (typeof fates)[number] | "lost">();
  /** When the first event of a connection was sent to a server. */
  const arrived = new Map<string, number>();
  const fate: Fate = async (body, send) => {
    const { connection, stream } = JSON.parse(body.toString());
    const { id, data } = connection ?? stream?.connection ?? {};
    // Events of the session itself have no connection.
    if (!data?.startsWith(BANNED)) return send();
    const number = seen.size;
    if (!seen.has(id))
      seen.set(id, number % LOST_EVERY === 0 ? "lost" : (fates[number % fates.length] ?? "punctual"));
    const deliver = () => {
      if (!arrived.has(id)) arrived.set(id, performance.now());
      return send();
    };
    switch (seen.get(id)) {
      case "lost":
        return NO_CONTENT;
      case "late":
        void sleep(100 + ((number * 37) % 300)).then(deliver);
        return NO_CONTENT;
      case "repeated":
        void sleep(500).then(deliver);
        return deliver();
      default:
        return deliver();
    }
  };
  return {
    fate,
    isLost: ({ connectionId }: Stay) => seen.get(connectionId) === "lost",
    arrivedAt: ({ connectionId }: Stay) => arrived.get(connectionId) ?? 0,
  };
}

interface Stay {
  readonly connectionId: string;
  readonly begin: number;
  /** Null while it lasts. */
  end: number | null;
}

/** Joins with each token every `EVERY` milliseconds. */
function comeBack(rooms: string, tokens: readonly string[]) {
  const stays: Stay[] = [];
  const tries: Promise<unknown>[] = [];
  const visit = async (token: string) => {
    const client = await joined(rooms, token);
    const stay: Stay = { connectionId: client.connectionId, begin: performance.now(), end: null };
    stays.push(stay);
    void client.closed.then(() => {
      stay.end = performance.now();
    });
  };
  // The platform lets in a hundred strangers at once; whoever it refuses comes back anyway.
  const timer = setInterval(() => {
    for (const token of tokens) tries.push(visit(token).catch(() => null));
  }, EVERY);
  onTestFinished(() => clearInterval(timer));
  return {
    stays,
    async stop() {
      clearInterval(timer);
      await Promise.all(tries);
    },
  };
}

/** Requests tokens for the banned person and for a guest from each server, until it is stopped. */
function hammer({ urls, sessionId }: Servers) {
  let isBanned = false;
  let isStopped = false;
  const counts = {
    before: 0,
    during: 0,
    after: 0,
    refused: 0,
    refusedInBatches: 0,
    unavailable: 0,
    guest: 0,
  };
  const unexpected: unknown[] = [];
  const tokens: string[] = [];
  const requestOne = async (i: number, step: number) => {
    const begunAfter = isBanned;
    const url = urls[i] ?? "";
    const isMany = step % 3 === 0;
    const request = { identity: BANNED, data: `${BANNED}-again-${i}-${step}` };
    const { data, errors } = isMany
      ? await ask(url, GENERATE_MANY, { sessionId, requests: [request, { identity: GUEST }] })
      : await ask(url, GENERATE, { sessionId, ...request });
    const token: string | undefined = isMany ? data?.generateTokens?.[0].token : data?.generateToken?.token;
    if (isMany && data?.generateTokens?.[1].token) counts.guest += 1;
    if (token !== undefined) {
      tokens.push(token);
      counts[begunAfter ? "after" : isBanned ? "during" : "before"] += 1;
      return;
    }
    const refusal = errors?.[0]?.extensions ?? data?.generateTokens?.[0];
    // A busy database, or the locks of a killed server: no token was issued.
    if (refusal?.code === "LEDGER_UNAVAILABLE") counts.unavailable += 1;
    else if (refusal?.code !== "FORBIDDEN") unexpected.push(errors ?? data);
    else if (isMany) counts.refusedInBatches += 1;
    else if ("bannedUntil" in refusal) counts.refused += 1;
    else unexpected.push(errors);
  };
  const loops = [0, 1, 0, 1].map(async (i, loop) => {
    for (let step = loop; !isStopped; step += 4) {
      // A killed server answers nothing.
      await requestOne(i, step).catch(() => null);
      await sleep(100);
    }
  });
  return {
    counts,
    unexpected,
    tokens,
    /** From now on no request may get a token. */
    banned: () => {
      isBanned = true;
    },
    async stop() {
      isStopped = true;
      await Promise.all(loops);
    },
  };
}

const quantile = (times: readonly number[], share: number) =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length * share)] ?? 0;

const summaryOf = (times: readonly number[]) =>
  `${times.length} visits, p50 ${Math.round(quantile(times, 0.5))}, p99 ${Math.round(quantile(times, 0.99))}, longest ${Math.round(quantile(times, 1 - 1e-9))} ms`;

test("who is banned gets no token and stays out, while servers are killed", {
  timeout: COMING_BACK + STAY_IF_LOST + 240_000,
}, async () => {
  const events = faultyEvents();
  const servers = await startServers(events.fate);
  const { rooms, urls, sessionId, kill, startAgain } = servers;
  const guest = await joined(rooms, await tokenFor(urls[0] ?? "", sessionId, GUEST, { data: GUEST }));
  const tokens = await Promise.all(
    [{}, { format: "T1", role: "MODERATOR" }].map((more, i) =>
      tokenFor(urls[i % 2] ?? "", sessionId, BANNED, { data: `${BANNED}-${i}`, ...more }),
    ),
  );
  const inside = await joined(rooms, tokens[0] ?? "");

  const minting = hammer(servers);
  await expect.poll(() => minting.counts.before, { timeout: PATIENCE }).toBeGreaterThan(10);
  await graphql(urls[1] ?? "", BAN, { identity: BANNED, sessionId });
  minting.banned();
  expect(await leavesWithin(inside, PATIENCE)).toBe(true);
  // The last token was issued at the instant of the ban.
  const back = comeBack(rooms, [...tokens, ...minting.tokens.slice(-1)]);
  const end = performance.now() + COMING_BACK;
  for (let i = 0; performance.now() < end; i = 1 - i) {
    await sleep(Math.min(KILLED_EVERY, end - performance.now()));
    if (performance.now() >= end) break;
    await kill(i);
    await startAgain(i);
  }
  await back.stop();
  await minting.stop();

  const { counts, unexpected } = minting;
  expect({ ...counts, unexpected }).toMatchObject({ after: 0, unexpected: [] });
  expect(
    [counts.before, counts.refused, counts.refusedInBatches, counts.guest].filter((count) => count < 10),
  ).toEqual([]);

  const { isLost, arrivedAt } = events;
  const staying = () => back.stays.filter((stay) => stay.end === null && (LONG || !isLost(stay))).length;
  await expect.poll(staying, { timeout: LONG ? STAY_IF_LOST + PATIENCE : PATIENCE, interval: 200 }).toBe(0);
  const timesOf = (stays: readonly Stay[], since: (stay: Stay) => number) =>
    stays.flatMap((stay) => (stay.end === null ? [] : stay.end - since(stay)));
  const told = back.stays.filter((stay) => !isLost(stay));
  // The platform sends eight events at once, so a busy machine sends them late.
  const arrived = timesOf(told, (stay) => Math.max(stay.begin, arrivedAt(stay)));
  const lost = timesOf(back.stays.filter(isLost), ({ begin }) => begin);
  process.stdout.write(
    `Stays since the event arrived: ${summaryOf(arrived)}; since joining: ${summaryOf(timesOf(told, ({ begin }) => begin))}; event lost: ${summaryOf(lost)}; requests: ${JSON.stringify(counts)}\n`,
  );
  expect(arrived.length).toBeGreaterThan(COMING_BACK / EVERY);
  if (LONG) {
    expect(quantile(arrived, 0.99)).toBeLessThan(STAY_IF_ARRIVED);
    expect(lost.length).toBeGreaterThan(COMING_BACK / EVERY / LOST_EVERY);
    expect(Math.max(...lost)).toBeLessThan(STAY_IF_LOST);
    await expect.poll(() => pendingRemovals(servers), { timeout: PATIENCE }).toBe(0);
    const left = await present(urls[0] ?? "", sessionId);
    expect(left.map(({ connectionId }) => connectionId)).toEqual([guest.connectionId]);
  }
  // The guest was there all the time.
  expect(await leavesWithin(guest, 0)).toBe(false);
});

test("a removal survives the servers that were told of it", { timeout: 240_000 }, async () => {
  let platform: "open" | "failing" | "silent" = "open";
  let calls = 0;
  const servers = await startServers(undefined, async (_, deliver) => {
    if (platform === "open") return deliver();
    calls += 1;
    return platform === "failing" ? { status: 503 } : new Promise(() => {});
  });
  const { rooms, urls, sessionId, kill, startAgain } = servers;
  const enter = async (identity: string) => {
    const client = await joined(rooms, await tokenFor(urls[0] ?? "", sessionId, identity));
    return { client, id: await participantOf(urls[0] ?? "", sessionId, client.connectionId) };
  };
  const [first, second] = [await enter("first"), await enter("second")];

  platform = "failing";
  const { errors } = await ask(urls[1] ?? "", REMOVE, { id: second.id });
  expect(errors?.[0]?.extensions.code).toMatch(/^PLATFORM_/);
  platform = "silent";
  calls = 0;
  const unanswered = ask(urls[0] ?? "", REMOVE, { id: first.id }).catch(() => "no answer");
  await expect.poll(() => calls, { timeout: PATIENCE }).toBeGreaterThan(0);
  // Both removals are stored before the platform is called.
  await expect.poll(() => pendingRemovals(servers), { timeout: PATIENCE }).toBe(2);
  await kill(0);
  await unanswered;
  await kill(1);
  expect(await leavesWithin(first.client, 0)).toBe(false);
  expect(await leavesWithin(second.client, 0)).toBe(false);

  platform = "open";
  await startAgain(1);
  expect(await leavesWithin(first.client, PATIENCE)).toBe(true);
  expect(await leavesWithin(second.client, PATIENCE)).toBe(true);
  await expect.poll(() => pendingRemovals(servers), { timeout: PATIENCE }).toBe(0);
  expect(await present(urls[1] ?? "", sessionId)).toEqual([]);
});

test("a lifted ban ends the removals under way", { timeout: 120_000 }, async () => {
  let isOpen = true;
  let calls = 0;
  const servers = await startServers(undefined, (_, deliver) => {
    if (isOpen) return deliver();
    calls += 1;
    return Promise.resolve({ status: 503 });
  });
  const { rooms, urls, sessionId } = servers;
  const client = await joined(rooms, await tokenFor(urls[0] ?? "", sessionId, BANNED));
  await participantOf(urls[0] ?? "", sessionId, client.connectionId);

  isOpen = false;
  const { banIdentity } = await graphql(urls[0] ?? "", BAN, { identity: BANNED, sessionId });
  await expect.poll(() => calls, { timeout: PATIENCE }).toBeGreaterThan(0);
  await graphql(urls[1] ?? "", "mutation ($id: ID!) { liftBan(id: $id) { id } }", { id: banIdentity.id });
  expect(await pendingRemovals(servers)).toBe(0);
  isOpen = true;
  expect(await leavesWithin(client, 5000)).toBe(false);
  for (const url of urls) await tokenFor(url, sessionId, BANNED);
});

test("two servers remove one participant at once", { timeout: 120_000 }, async () => {
  const { rooms, urls, sessionId } = await startServers();
  for (let round = 0; round < 5; round += 1) {
    const client = await joined(rooms, await tokenFor(urls[0] ?? "", sessionId, `user-${round}`));
    const id = await participantOf(urls[0] ?? "", sessionId, client.connectionId);
    const answers = await Promise.all(urls.map((url) => graphql(url, REMOVE, { id })));
    for (const { removeParticipant } of answers)
      expect(removeParticipant).toMatchObject({ id, leftAt: expect.any(String) });
    expect(await leavesWithin(client, PATIENCE)).toBe(true);
  }
});

test("one of two who take the last seat at once keeps it", { timeout: 120_000 }, async () => {
  const servers = await startServers();
  const { rooms, urls, sessionId } = servers;
  await graphql(
    urls[0] ?? "",
    "mutation ($id: ID!) { setMaxParticipants(sessionId: $id, maxParticipants: 1) { sessionId } }",
    { id: sessionId },
  );
  for (let round = 0; round < 5; round += 1) {
    const two = ["one", "other"].map((name) => `${name}-${round}`);
    const tokens = await Promise.all(two.map((name, i) => tokenFor(urls[i] ?? "", sessionId, name)));
    const clients = await Promise.all(tokens.map((token) => joined(rooms, token)));
    const first = await Promise.race(clients.map(({ closed }, i) => closed.then(() => i)));
    const kept = clients[1 - first];
    expect(kept && (await leavesWithin(kept, 1000))).toBe(false);
    // The removed one has left in the database, too.
    const seats = async () => (await present(urls[0] ?? "", sessionId)).map((one) => one.connectionId);
    await expect.poll(seats, { timeout: PATIENCE }).toEqual([kept?.connectionId]);
    for (const url of urls) {
      const { errors } = await ask(url, GENERATE, { sessionId, identity: "third" });
      expect(errors?.[0]?.extensions.code).toBe("SESSION_FULL");
    }
    kept?.close();
    await expect.poll(seats, { timeout: PATIENCE }).toEqual([]);
  }
});
