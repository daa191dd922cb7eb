import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { IssuedToken } from "../../src/domain/issued-token.ts";
import { Role } from "../../src/domain/role.ts";
import type { Session } from "../../src/domain/session.ts";
import { at, reader, recordOf, sessionOf, startFilled } from "../support/filled.ts";
import { inputs } from "../support/long.ts";
import type { TestServer } from "../support/server.ts";

const NAMES = [
  null,
  "room-1",
  "room-2",
  "lobby",
  "room-1",
  "room-10",
  "é-1",
  "🎥",
  "\ufffc",
  "room-",
  null,
  "é-2",
];
/** Not in their order: the clocks of servers differ. Some are the same. */
const TIMES = [0, 10, 5, 20, 20, 20, 15, 40, 30, 50, 60, 60];
const SESSIONS: readonly Session[] = NAMES.map((name, i) => sessionOf(i, { name, time: TIMES[i] ?? 0 }));
const FOREIGN = [
  sessionOf(100, { owner: "87654321", name: "room-1", time: 20 }),
  sessionOf(101, { owner: "87654321", time: 20 }),
];

const ROLES = { PUBLISHER: Role.PUBLISHER, MODERATOR: Role.MODERATOR } as const;
type RoleName = keyof typeof ROLES;
const CALLERS = ["ann", "bob", ""];
const EVERY = [...SESSIONS, ...FOREIGN];
const RECORDS: readonly IssuedToken[] = Array.from({ length: 120 }, (_, i) =>
  recordOf(i, EVERY[(i * 5) % EVERY.length] as Session, {
    // Many at the same instants, and not in their order.
    time: (i * 37) % 60,
    role: i % 3 === 0 ? Role.MODERATOR : Role.PUBLISHER,
    issuedTo: CALLERS[i % 4 === 0 ? 1 : i % 7 === 0 ? 2 : 0] ?? "",
  }),
);

interface Grant {
  readonly sessions?: readonly string[];
  readonly names?: readonly string[];
}
const idOf = (i: number) => EVERY[i]?.sessionId ?? "";
const GRANTS: Readonly<Record<string, Grant>> = {
  all: { sessions: ["*"] },
  nothing: {},
  IDs: { sessions: [idOf(0), idOf(1), idOf(4), idOf(12)] },
  names: { names: ["room-1", "é-1", "nobody"] },
  prefixes: { names: ["room-*", "é-*"] },
  "every name": { names: ["*"] },
  "IDs, names and prefixes": { sessions: [idOf(0), idOf(3), idOf(4)], names: ["lobby", "room-1*"] },
};

/** What a caller may see, in the words of the test. */
function mayUse({ sessions = [], names = [] }: Grant, { sessionId, name, applicationId }: Session): boolean {
  if (applicationId !== SESSIONS[0]?.applicationId) return false;
  if (sessions.includes("*") || sessions.includes(sessionId)) return true;
  return names.some((granted) =>
    granted.endsWith("*") ? name?.startsWith(granted.slice(0, -1)) : name === granted,
  );
}

interface Times {
  readonly after?: number | undefined;
  readonly before?: number | undefined;
}
const isIn = ({ after, before }: Times, instant: Date | null) =>
  (after === undefined || Number(instant) >= at(after).getTime()) &&
  (before === undefined || Number(instant) < at(before).getTime());
const iso = (time: number | undefined) => (time === undefined ? null : at(time).toISOString());

interface SessionsAsked extends Times {
  readonly name?: string | undefined;
  readonly namePrefix?: string | undefined;
}
interface RecordsAsked extends Times {
  readonly id?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly issuedTo?: string | undefined;
  readonly role?: RoleName | undefined;
}

const byKeys =
  <T>(keysOf: (each: T) => (number | Buffer)[]) =>
  (a: T, b: T) => {
    const others = keysOf(b);
    for (const [i, key] of keysOf(a).entries()) {
      const other = others[i] as typeof key;
      const order = Buffer.isBuffer(key) ? Buffer.compare(key, other as Buffer) : key - (other as number);
      if (order !== 0) return order;
    }
    return 0;
  };

/** The sessions that a list must have, in its order. */
function sessionsFor(grant: Grant, asked: SessionsAsked): string[] {
  const { name, namePrefix } = asked;
  const selected = SESSIONS.filter(
    (session) =>
      mayUse(grant, session) &&
      (name === undefined || session.name === name) &&
      (namePrefix === undefined || session.name?.startsWith(namePrefix)) &&
      isIn(asked, session.createdAt),
  );
  const isAll = grant.sessions?.includes("*");
  const hasPrefix = !isAll && grant.names?.some((granted) => granted.endsWith("*"));
  const position = ({ sessionId }: Session) => -EVERY.findIndex((each) => each.sessionId === sessionId);
  const isTimed = asked.after !== undefined || asked.before !== undefined;
  const order =
    namePrefix !== undefined || (name === undefined && hasPrefix)
      ? byKeys<Session>((each) => [Buffer.from(each.name === null ? "" : `+${each.name}`), position(each)])
      : isAll && name === undefined && isTimed
        ? byKeys<Session>((each) => [-Number(each.createdAt), position(each)])
        : byKeys<Session>((each) => [position(each)]);
  return [...selected].sort(order).map(({ sessionId }) => sessionId);
}

/** The records that a list must have, in its order. */
function recordsFor(grant: Grant, asked: RecordsAsked): string[] {
  const usable = new Set(EVERY.filter((session) => mayUse(grant, session)).map(({ sessionId }) => sessionId));
  const selected = RECORDS.filter(
    (record) =>
      usable.has(record.sessionId) &&
      (asked.id === undefined || record.id === asked.id) &&
      (asked.sessionId === undefined || record.sessionId === asked.sessionId) &&
      (asked.issuedTo === undefined || record.issuedTo === asked.issuedTo) &&
      (asked.role === undefined || record.role === ROLES[asked.role]) &&
      isIn(asked, record.issuedAt),
  );
  const position = (record: IssuedToken) => -RECORDS.indexOf(record);
  const hasIdsAlone = !grant.sessions?.includes("*") && !grant.names;
  const isInOrder = asked.id !== undefined || asked.sessionId !== undefined || hasIdsAlone;
  const order = byKeys<IssuedToken>((each) => [...(isInOrder ? [] : [-each.issuedAt]), position(each)]);
  return [...selected].sort(order).map(({ id }) => id);
}

const SESSIONS_QUERY = `query($first: Int, $after: String, $filter: SessionFilter) {
  sessions(first: $first, after: $after, filter: $filter) {
    totalCount nodes { id } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
const RECORDS_QUERY = `query($first: Int, $after: String, $filter: IssuedTokenFilter) {
  issuedTokens(first: $first, after: $after, filter: $filter) {
    totalCount nodes { id sessionId } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

const sessionFilter = ({ after, before, ...others }: SessionsAsked) => ({
  ...others,
  createdAfter: iso(after),
  createdBefore: iso(before),
});
const recordFilter = ({ after, before, ...others }: RecordsAsked) => ({
  ...others,
  issuedAfter: iso(after),
  issuedBefore: iso(before),
});

describe.each(["SQLite in a file", "PostgreSQL"] as const)("filters on %s", (engine) => {
  let server: TestServer;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await startFilled(engine, EVERY, RECORDS, (stop) => closing.unshift(stop));
  });
  afterAll(async () => {
    for (const stop of closing) await stop();
  });

  /** What a caller is given, page by page, and what the list says of its length. */
  async function readAll(query: string, grant: Grant, filter: object, first: number) {
    const field = query === SESSIONS_QUERY ? "sessions" : "issuedTokens";
    const seen: string[] = [];
    const totals = new Set<number | null>();
    let after: string | null = null;
    do {
      const { data, errors } = await server.graphql(query, { first, after, filter }, reader(grant));
      expect(errors).toEqual([]);
      const { nodes, edges, pageInfo, totalCount } = data[field];
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      expect(pageInfo.startCursor).toBe(edges.at(0)?.cursor ?? null);
      expect(nodes.length).toBeLessThanOrEqual(first);
      totals.add(totalCount);
      seen.push(...nodes.map(({ id }: { id: string }) => id));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    return { seen, totals: [...totals] };
  }

  const times = fc.option(fc.integer({ min: -1, max: 62 }), { nil: undefined });
  const grants = fc.constantFrom(...Object.keys(GRANTS));
  const sizes = fc.constantFrom(1, 2, 3, 7, 100);

  it("gives every session once that any filter and grant leave, and counts them", async () => {
    const name = fc.constantFrom("room-1", "lobby", "é-1", "🎥", "\ufffc", "nobody");
    const namePrefix = fc.constantFrom("", "room-", "room-1", "r", "é", "\ufffc", "x", "lobby");
    const asked = fc.oneof(
      fc.record<SessionsAsked>({ after: times, before: times }),
      fc.record<SessionsAsked>({ after: times, before: times, name }),
      fc.record<SessionsAsked>({ after: times, before: times, namePrefix }),
    );
    await fc.assert(
      fc.asyncProperty(grants, asked, sizes, async (kind, filter, first) => {
        const expected = sessionsFor(GRANTS[kind] ?? {}, filter);
        const { seen, totals } = await readAll(
          SESSIONS_QUERY,
          GRANTS[kind] ?? {},
          sessionFilter(filter),
          first,
        );
        expect(seen).toEqual(expected);
        expect(totals).toEqual([expected.length]);
      }),
      { numRuns: inputs(1000) },
    );
  });

  it("gives every record once that any filter and grant leave, and counts them", async () => {
    const optional = <T>(...values: T[]) =>
      fc.option(fc.constantFrom(...values), { nil: undefined, freq: 1 });
    const asked = fc.record<RecordsAsked>({
      after: times,
      before: times,
      id: fc.option(fc.constantFrom(RECORDS[7]?.id, RECORDS[60]?.id, "nobody's"), {
        nil: undefined,
        freq: 8,
      }),
      sessionId: fc.option(fc.constantFrom(idOf(0), idOf(1), idOf(4), idOf(12), "x"), {
        nil: undefined,
        freq: 3,
      }),
      issuedTo: optional(...CALLERS, "nobody"),
      role: optional<RoleName>("PUBLISHER", "MODERATOR"),
    });
    await fc.assert(
      fc.asyncProperty(grants, asked, sizes, async (kind, filter, first) => {
        const expected = recordsFor(GRANTS[kind] ?? {}, filter);
        const { seen, totals } = await readAll(
          RECORDS_QUERY,
          GRANTS[kind] ?? {},
          recordFilter(filter),
          first,
        );
        expect(seen).toEqual(expected);
        expect(totals).toEqual([expected.length]);
      }),
      { numRuns: inputs(1500) },
    );
  });

  it("includes what was at the instant after which, and not what was at the one before which", async () => {
    const sessions = async (filter: SessionsAsked) =>
      (await readAll(SESSIONS_QUERY, { sessions: ["*"] }, sessionFilter(filter), 100)).seen;
    expect(await sessions({ after: 60 })).toEqual([idOf(11), idOf(10)]);
    expect(await sessions({ after: 61 })).toEqual([]);
    expect(await sessions({ before: 5 })).toEqual([idOf(0)]);
    expect(await sessions({ before: 6 })).toEqual([idOf(2), idOf(0)]);
    expect(await sessions({ after: 20, before: 20 })).toEqual([]);
    const records = async (filter: RecordsAsked) =>
      (
        await readAll(
          RECORDS_QUERY,
          { sessions: ["*"] },
          recordFilter({ sessionId: idOf(0), ...filter }),
          100,
        )
      ).seen;
    const [time = 0] = RECORDS.filter(({ sessionId }) => sessionId === idOf(0)).map(
      ({ issuedAt }) => issuedAt.getTime() - at(0).getTime(),
    );
    expect(await records({ after: time, before: time + 1 })).not.toEqual([]);
    expect(await records({ after: time, before: time })).toEqual([]);
  });

  it.each([
    [SESSIONS_QUERY, { name: "a", namePrefix: "a" }, "filter.namePrefix"],
    [SESSIONS_QUERY, { name: "\0" }, "filter.name"],
    [SESSIONS_QUERY, { namePrefix: "\ud800" }, "filter.namePrefix"],
    [RECORDS_QUERY, { id: "\0" }, "filter.id"],
    [RECORDS_QUERY, { sessionId: "\ud800" }, "filter.sessionId"],
    [RECORDS_QUERY, { issuedTo: "\0" }, "filter.issuedTo"],
    [RECORDS_QUERY, { role: "NOBODY" }, "filter"],
    [RECORDS_QUERY, { issuedAfter: "yesterday" }, "filter"],
    [RECORDS_QUERY, { createdAfter: iso(0) }, "filter"],
  ])("refuses, naming what is wrong: %#", async (query, filter, argument) => {
    for (const grant of [GRANTS.all, GRANTS.nothing, GRANTS.prefixes]) {
      const { errors } = await server.graphql(query, { filter }, reader(grant ?? {}));
      expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument } }]);
    }
  });

  it("refuses the cursor of a list in another order", async () => {
    const cursorOf = async (query: string, filter: object, grant: Grant = { sessions: ["*"] }) => {
      const { data } = await server.graphql(query, { first: 1, filter }, reader(grant));
      return (data.sessions ?? data.issuedTokens).pageInfo.endCursor;
    };
    const lists: [string, object][][] = [
      [
        [SESSIONS_QUERY, {}],
        [SESSIONS_QUERY, { createdAfter: iso(0) }],
        [SESSIONS_QUERY, { namePrefix: "" }],
      ],
      [
        [RECORDS_QUERY, {}],
        [RECORDS_QUERY, { sessionId: idOf(1) }],
      ],
    ];
    for (const group of lists) {
      for (const [query, filter] of group) {
        const after = await cursorOf(query, filter);
        for (const [otherQuery, other] of group.filter(([, each]) => each !== filter)) {
          const { errors } = await server.graphql(
            otherQuery,
            { after, filter: other },
            reader({ sessions: ["*"] }),
          );
          expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "after" } }]);
        }
      }
    }
    for (const text of ["time:1", "time:1:", "time:1.5:1", "time::1", "time:1:1\n"]) {
      const after = Buffer.from(text).toString("base64url");
      const { errors } = await server.graphql(RECORDS_QUERY, { after }, reader({ sessions: ["*"] }));
      expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "after" } }]);
    }
  });

  it("goes on with another filter of the same order from the same place", async () => {
    const everything = reader({ sessions: ["*"] });
    const { data } = await server.graphql(RECORDS_QUERY, { first: 10 }, everything);
    const { endCursor } = data.issuedTokens.pageInfo;
    const rest = await server.graphql(
      RECORDS_QUERY,
      { first: 100, after: endCursor, filter: { role: "MODERATOR" } },
      everything,
    );
    const before = recordsFor({ sessions: ["*"] }, {}).slice(0, 10);
    const expected = recordsFor({ sessions: ["*"] }, { role: "MODERATOR" }).filter(
      (id) => !before.includes(id),
    );
    expect(rest.data.issuedTokens.nodes.map(({ id }: { id: string }) => id)).toEqual(expected.slice(0, 100));
  });

  describe("session(name:)", () => {
    const BY_NAME =
      "query($name: String, $sessionId: ID) { session(name: $name, sessionId: $sessionId) { id name } }";

    it.each(Object.entries(GRANTS))(
      "is what the name stands for now, if a caller with %s may see it",
      async (_, grant) => {
        for (const [name, i] of [
          ["room-1", 4],
          ["lobby", 3],
          ["é-1", 6],
          ["nobody", -1],
        ] as const) {
          const { data, errors } = await server.graphql(BY_NAME, { name }, reader(grant));
          const current = EVERY[i];
          expect(errors).toEqual([]);
          expect(data.session).toEqual(current && mayUse(grant, current) ? { id: idOf(i), name } : null);
        }
      },
    );

    it("takes exactly one of the two", async () => {
      for (const [variables, argument] of [
        [{}, "sessionId"],
        [{ name: null, sessionId: null }, "sessionId"],
        [{ name: "lobby", sessionId: idOf(3) }, "name"],
        [{ name: "" }, "name"],
        [{ name: "a\0b" }, "name"],
        [{ name: "x".repeat(201) }, "name"],
      ] as const) {
        const { data, errors } = await server.graphql(BY_NAME, variables, reader({ sessions: ["*"] }));
        expect(data).toEqual({ session: null });
        expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument } }]);
      }
      const old = "query($id: ID!) { session(sessionId: $id) { id } }";
      const { data } = await server.graphql(old, { id: idOf(3) }, reader({ sessions: ["*"] }));
      expect(data).toEqual({ session: { id: idOf(3) } });
    });

    it("asks the database once for several names", async () => {
      const asked = await server.queriesDuring(() =>
        server.graphql(
          '{ a: session(name: "lobby") { id } b: session(name: "room-1") { id } c: session(name: "lobby") { id } }',
          {},
          reader({ names: ["*"] }),
        ),
      );
      expect(asked.filter((text) => text.includes("session_names"))).toHaveLength(1);
    });
  });
});
