import { EventEmitter, once } from "node:events";
import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import type { MonitoringEvent } from "../../src/domain/monitoring-event.ts";
import { type Observation, observationOf } from "../../src/domain/observation.ts";
import { LeaveReason, VideoType } from "../../src/domain/participant.ts";
import { MAX_STREAMS } from "../../src/domain/participant-state.ts";
import { Role } from "../../src/domain/role.ts";
import { DatabaseUnavailable } from "../../src/errors.ts";
import { changing, lockChanges } from "../../src/store/participant-changes.ts";
import type { Store } from "../../src/store/store.ts";
import { count, issued } from "../support/records.ts";
import { ENGINES, newDatabaseUrl, newStore, openStore } from "../support/stores.ts";
import { startTransactionPooler } from "../support/transaction-pooler.ts";

const T = 1_795_500_000_000;
const SESSION = "1_a";
const CANARY = "canary-data-8f3c";

interface Told {
  readonly sessionId?: string;
  readonly at?: number;
  readonly data?: string;
}

const connection = (id: string, { at = 0, data = CANARY }: Told = {}) => ({ id, createdAt: T + at, data });
const common = ({ sessionId = SESSION }: Told = {}, timestamp = T) => ({
  sessionId,
  projectId: "1",
  timestamp,
});

const created = (id: string, told: Told = {}): MonitoringEvent => ({
  ...common(told),
  event: "connectionCreated",
  connection: connection(id, told),
});
const destroyed = (
  id: string,
  at: number,
  reason = "clientDisconnected",
  told: Told = {},
): MonitoringEvent => ({
  ...common(told, T + at),
  event: "connectionDestroyed",
  connection: connection(id, { ...told, data: "" }),
  reason,
});
const stream = (of: string, id: string, at: number) => ({
  id,
  connection: connection(of),
  createdAt: T + at,
  name: `${CANARY} ${id}`,
  videoType: "camera",
});
const published = (of: string, id: string, at = 0): MonitoringEvent => ({
  ...common(),
  event: "streamCreated",
  stream: stream(of, id, at),
});
const unpublished = (of: string, id: string, at = 0): MonitoringEvent => ({
  ...common(),
  event: "streamDestroyed",
  stream: stream(of, id, at),
  reason: "clientDisconnected",
});

const observed = (event: MonitoringEvent, fingerprints: readonly string[] = []) => ({
  seen: observationOf(event) as Observation,
  fingerprints,
});
const apply = ({ participants }: Store, ...events: MonitoringEvent[]) =>
  participants.apply(events.map((event) => observed(event)));

const page = async ({ participants }: Store, present: boolean, sessions = [SESSION], limit = 10) =>
  (await participants.pages(sessions, present, limit, null)).map(
    ({ participant }) => participant.connectionId,
  );

describe.each(ENGINES)("participants on %s", (engine) => {
  it("join, publish and leave", async () => {
    const store = await newStore(engine);
    await apply(
      store,
      created("a"),
      published("a", "s2", 2),
      published("a", "s1", 1),
      unpublished("a", "s2", 2),
    );
    const known = {
      id: "p_a",
      connectionId: "a",
      sessionId: SESSION,
      data: CANARY,
      fingerprint: null,
      identity: null,
      tokenId: null,
      role: null,
      joinedAt: new Date(T),
      leftAt: null,
      leaveReason: null,
    };
    expect(await store.participants.findMany(["p_a", "p_b"])).toEqual([known]);
    expect(await store.participants.streams(["p_a"])).toEqual([
      {
        id: "s1",
        participantId: "p_a",
        name: `${CANARY} s1`,
        videoType: VideoType.CAMERA,
        createdAt: new Date(T + 1),
      },
    ]);
    await apply(store, destroyed("a", 5));
    const left = { data: null, leftAt: new Date(T + 5), leaveReason: LeaveReason.CLIENT_DISCONNECTED };
    expect(await store.participants.findMany(["p_a"])).toEqual([{ ...known, ...left }]);
    expect(await store.participants.streams(["p_a"])).toEqual([]);
  });

  it("are listed by joining, latest first, and counted", async () => {
    const store = await newStore(engine);
    await apply(
      store,
      ...count(5, (i) => created(`c${i}`, { at: i === 4 ? 1 : i })),
      ...count(3, (i) => created(`other${i}`, { sessionId: "1_b", at: i })),
      destroyed("c3", 9, "clientDisconnected", { at: 3 }),
    );
    expect(await page(store, true)).toEqual(["c2", "c4", "c1", "c0"]);
    expect(await page(store, false)).toEqual(["c3", "c2", "c4", "c1", "c0"]);
    expect(await page(store, true, ["1_b", SESSION], 2)).toEqual(["other2", "c2", "other1", "c4"]);
    expect(await store.participants.count([SESSION, "1_none", "1_b"], 10)).toEqual([4, 0, 3]);
    expect(await store.participants.count([SESSION], 3)).toEqual([3]);
    // Each page begins where the one before ended, in the middle of one instant.
    const seen: string[] = [];
    for (let after = null; ; ) {
      const [next] = await store.participants.pages([SESSION], false, 1, after);
      if (!next) break;
      seen.push(next.participant.connectionId);
      after = { time: next.participant.joinedAt.getTime(), position: next.position };
    }
    expect(seen).toEqual(["c3", "c2", "c4", "c1", "c0"]);
  });

  it("change in the order of numbers without gaps, and not at all when an event is repeated", async () => {
    const store = await newStore(engine);
    expect(await store.participants.latestChange()).toBe(0);
    await apply(store, created("a"), created("b"));
    await apply(store, created("a"), published("b", "s"));
    await apply(store, created("a"), created("b"), published("b", "s"));
    expect(await store.participants.latestChange()).toBe(3);
    const changes = async (after: number, limit = 10) =>
      (await store.participants.changedAfter(after, limit)).map((each) => [
        each.change,
        each.participant.connectionId,
      ]);
    expect(await changes(0)).toEqual([
      [1, "a"],
      [3, "b"],
    ]);
    expect(await changes(0, 1)).toEqual([[1, "a"]]);
    expect(await changes(3)).toEqual([]);
  });

  it("leave nothing of their data in any row", async () => {
    const store = await newStore(engine);
    await apply(store, created("a"), published("a", "s"), destroyed("b", 1), unpublished("c", "t"));
    await apply(store, destroyed("a", 2), created("b"), published("b", "u"), destroyed("c", 3));
    await apply(store, created("a"), published("a", "s"), published("c", "t"));
    expect(await page(store, false)).toHaveLength(3);
    for (const { name } of await store.database.kysely.introspection.getTables()) {
      const { rows } = await sql`select * from ${sql.table(name)}`.execute(store.database.kysely);
      expect(JSON.stringify(rows)).not.toContain(CANARY);
    }
  });

  it("show the ten latest of their streams, each its own", async () => {
    const store = await newStore(engine);
    await apply(
      store,
      ...count(12, (i) => published("a", `a${i}`, i)),
      ...count(2, (i) => published("b", `b${i}`, i)),
    );
    await apply(store, unpublished("a", "a11", 11));
    const shown = (await store.participants.streams(["p_a", "p_b"])).map(({ id }) => id).sort();
    expect(shown).toEqual(["b0", "b1", ...count(10, (i) => `a${i + 1}`)].sort());
  });

  it("leave all at once, each with as many streams as it can have", async () => {
    const store = await newStore(engine);
    const guests = count(400, (i) => `c${i}`);
    await apply(store, ...guests.map((guest) => created(guest)));
    const open = { name: null, video_type: null, created_at: T, is_ended: 0 };
    for (const guest of guests) {
      const streams = count(MAX_STREAMS, (i) => ({
        participant_id: `p_${guest}`,
        stream_id: `s${i}`,
        ...open,
      }));
      await store.database.kysely.insertInto("participant_streams").values(streams).execute();
    }
    await apply(store, ...guests.map((guest) => destroyed(guest, 5)));
    expect(await page(store, true)).toEqual([]);
    const { rows } = await sql`select 1 from participant_streams limit 1`.execute(store.database.kysely);
    expect(rows).toEqual([]);
  });

  it("keep a hundred streams at most, with the marks of ended ones", async () => {
    const store = await newStore(engine);
    await apply(store, ...count(130, (i) => unpublished("a", `s${i}`, i)), published("a", "live", 500));
    const { rows } = await sql<{ created_at: number }>`
      select min(created_at) as created_at, count(*) as count from participant_streams`.execute(
      store.database.kysely,
    );
    expect(rows).toMatchObject([{ created_at: T + 31 }]);
    await apply(store, published("a", "s129", 129));
    expect((await store.participants.streams(["p_a"])).map(({ id }) => id)).toEqual(["live"]);
  });
});

interface Match {
  readonly records: readonly Partial<Parameters<typeof issued>[1] & object>[];
  readonly found: readonly [tokenId: string | null, identity: string | null, role: Role | null];
}

const MINUTE = 60_000;
const fits = {
  fingerprint: "current",
  issuedAt: new Date(T - 1),
  expiresAt: new Date(T + 1),
  role: Role.PUBLISHER,
};
const NOTHING = [null, null, null] as const;
const MATCHES: Readonly<Record<string, Match>> = {
  "no token": { records: [], found: NOTHING },
  "one token": { records: [{ ...fits, identity: "ann" }], found: ["0", "ann", Role.PUBLISHER] },
  "a token without an identity": {
    records: [{ ...fits, identity: null }],
    found: ["0", null, Role.PUBLISHER],
  },
  "a token by the previous credential": {
    records: [{ ...fits, fingerprint: "previous", identity: "ann" }],
    found: ["0", "ann", Role.PUBLISHER],
  },
  "two tokens of one identity": {
    records: [
      { ...fits, identity: "ann" },
      { ...fits, identity: "ann", fingerprint: "previous" },
    ],
    found: [null, "ann", Role.PUBLISHER],
  },
  "two tokens of one identity, with two roles": {
    records: [
      { ...fits, identity: "ann" },
      { ...fits, identity: "ann", role: Role.MODERATOR },
    ],
    found: [null, "ann", null],
  },
  "two tokens of two identities": {
    records: [
      { ...fits, identity: "ann" },
      { ...fits, identity: "bob" },
    ],
    found: [null, null, Role.PUBLISHER],
  },
  "two tokens, one without an identity": {
    records: [
      { ...fits, identity: "ann" },
      { ...fits, identity: null },
    ],
    found: [null, null, Role.PUBLISHER],
  },
  "other data": { records: [{ ...fits, fingerprint: "other" }], found: NOTHING },
  "an earlier record": { records: [{ ...fits, fingerprint: null }], found: NOTHING },
  "another session": { records: [{ ...fits, sessionId: "1_b" }], found: NOTHING },
  "an expired token beside one that is valid": {
    records: [
      { ...fits, expiresAt: new Date(T - MINUTE), identity: "bob" },
      { ...fits, identity: "ann" },
    ],
    found: ["1", "ann", Role.PUBLISHER],
  },
  "a token that has expired by a clock that is less than a minute ahead": {
    records: [
      { ...fits, expiresAt: new Date(T - MINUTE + 1), identity: "ann" },
      { ...fits, identity: "bob" },
    ],
    found: [null, null, Role.PUBLISHER],
  },
  "a token by a clock that is a minute ahead": {
    records: [{ ...fits, issuedAt: new Date(T + MINUTE), identity: "ann" }],
    found: ["0", "ann", Role.PUBLISHER],
  },
  "a token of later": { records: [{ ...fits, issuedAt: new Date(T + MINUTE + 1) }], found: NOTHING },
  "a thousand tokens": {
    records: count(1000, () => ({ ...fits, identity: "ann" })),
    found: [null, "ann", Role.PUBLISHER],
  },
  "more than a thousand tokens": {
    records: count(1001, () => ({ ...fits, identity: "ann" })),
    found: NOTHING,
  },
};

describe.each(["SQLite in memory", "PostgreSQL"] as const)("a participant's token on %s", (engine) => {
  it.each(Object.entries(MATCHES))(
    "is found with %s, whether its events come in order or not",
    async (_, match) => {
      const [tokenId, identity, role] = match.found;
      const leaves = observed(destroyed("left first", 5));
      const joins = (id: string) => observed(created(id), ["current", "previous"]);
      const store = await newStore(engine);
      await store.ledger.record(match.records.map((more, i) => issued(`${i}`, more)));
      await store.participants.apply([leaves]);
      await store.participants.apply([joins("a"), joins("left first")]);
      const found = await store.participants.findMany(["p_a", "p_left first"]);
      expect(found).toHaveLength(2);
      for (const each of found) expect(each).toMatchObject({ tokenId, identity, role });
    },
  );
});

it("a server that stops in the middle of a change holds up the others for seconds", async () => {
  const url = await newDatabaseUrl("PostgreSQL");
  const pooler = await startTransactionPooler(url, 3);
  onTestFinished(pooler.close);
  const [other, stopped] = [await openStore(pooler.url), await openStore(pooler.url)];
  const { kysely, engine } = stopped.database;
  const server = new EventEmitter();
  const late = changing(kysely, async (transaction) => {
    await lockChanges(transaction, engine);
    server.emit("stopped");
    await once(server, "awake");
    await sql`update participant_changes set latest = 1000`.execute(transaction);
  }).catch((error: unknown) => error);
  await once(server, "stopped");
  const begin = performance.now();
  for (let failure: unknown = true; failure; )
    failure = await apply(other, created("a")).then(
      () => undefined,
      (error: unknown) => error,
    );
  expect(performance.now() - begin).toBeLessThan(8000);
  server.emit("awake");
  expect(await late).toBeInstanceOf(DatabaseUnavailable);
  expect(await other.participants.latestChange()).toBe(1);
}, 30_000);

it("two servers on one PostgreSQL apply the same and other events at once", async () => {
  const url = await newDatabaseUrl("PostgreSQL");
  const stores = [await openStore(url), await openStore(url)];
  const rounds = count(20, (round) =>
    stores.map((store, i) =>
      apply(
        store,
        ...count(10, (n) => created(`same-${round}-${n}`)),
        ...count(10, (n) => destroyed(`same-${round}-${9 - n}`, n)),
        created(`own-${round}-${i}`),
      ),
    ),
  );
  const readAll = async () => {
    const seen = new Set<string>();
    for (let change = 0; seen.size < 20 * 12; ) {
      const next = await stores[1]?.participants.changedAfter(change, 7);
      for (const { participant, change: number } of next ?? []) {
        seen.add(participant.id);
        change = number;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    return seen;
  };
  const [seen] = await Promise.all([readAll(), ...rounds.flat()]);
  // The reader misses no change, though it reads while others write.
  expect(seen.size).toBe(240);
  const store = stores[0] as Store;
  expect(await store.participants.count([SESSION], 1000)).toEqual([40]);
  const all = await store.participants.changedAfter(0, 1000);
  expect(new Set(all.map(({ change }) => change)).size).toBe(240);
  expect(await store.participants.latestChange()).toBeGreaterThanOrEqual(240);
});
