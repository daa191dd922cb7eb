import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAX_LOOKED_THROUGH } from "../../src/services/look-through.ts";
import { MAX_TOTAL } from "../../src/services/page.ts";
import { at, reader, recordOf, sessionOf, startFilled } from "../support/filled.ts";
import type { TestServer } from "../support/server.ts";

const BULK = 1500;
/** The sessions that were created later than the others: first, in the midst of, and last in the order of names. */
const LATE = [0, 750, BULK - 1];
const ROOMS = Array.from({ length: BULK }, (_, i) =>
  sessionOf(i, { name: `bulk-${`${i}`.padStart(4, "0")}`, time: LATE.includes(i) ? 100 : 0 }),
);
const SEEN = sessionOf(BULK, { name: "room-1" });
const UNSEEN = sessionOf(BULK + 1, { name: "other" });

/** More than a count looks at, and later than those that are to be found. */
const OTHERS = MAX_TOTAL + 500;
const RECORDS = [
  ...Array.from({ length: 5 }, (_, i) => recordOf(i, SEEN, { time: i })),
  ...Array.from({ length: OTHERS }, (_, i) => recordOf(10 + i, UNSEEN, { time: 1000 + i, issuedTo: "bulk" })),
];
const FOUND = RECORDS.slice(0, 5).map(({ id }) => id);

const SESSIONS_QUERY = `query($first: Int, $after: String, $filter: SessionFilter) {
  list: sessions(first: $first, after: $after, filter: $filter) {
    totalCount nodes { id } pageInfo { hasNextPage endCursor } } }`;
const RECORDS_QUERY = `query($first: Int, $after: String, $filter: IssuedTokenFilter) {
  list: issuedTokens(first: $first, after: $after, filter: $filter) {
    totalCount nodes { id } pageInfo { hasNextPage endCursor } } }`;

describe.each(["SQLite in a file", "PostgreSQL"] as const)("a page on %s", (engine) => {
  let server: TestServer;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await startFilled(engine, [...ROOMS, SEEN, UNSEEN], RECORDS, (stop) => closing.unshift(stop));
  });
  afterAll(async () => {
    for (const stop of closing) await stop();
  });

  async function pagesOf(query: string, grant: object, filter: object, first: number) {
    const pages: string[][] = [];
    const totals = new Set<number | null>();
    let after: string | null = null;
    do {
      const { data, errors } = await server.graphql(query, { first, after, filter }, reader(grant));
      expect(errors).toEqual([]);
      totals.add(data.list.totalCount);
      pages.push(data.list.nodes.map(({ id }: { id: string }) => id));
      after = data.list.pageInfo.hasNextPage ? data.list.pageInfo.endCursor : null;
    } while (after !== null);
    return { pages, totals: [...totals] };
  }

  it.each([
    ["all", { sessions: ["*"] }],
    ["prefixes", { names: ["bulk-*", "x*"] }],
  ])("of sessions looks through no more than it may, for a grant of %s", async (_, grant) => {
    const filter = { namePrefix: "bulk-", createdAfter: at(100).toISOString() };
    const { pages, totals } = await pagesOf(SESSIONS_QUERY, grant, filter, 100);
    const late = LATE.map((i) => ROOMS[i]?.sessionId);
    expect(pages).toEqual([late.slice(0, 2), late.slice(2)]);
    expect(totals).toEqual([3]);
    const one = await pagesOf(SESSIONS_QUERY, grant, filter, 1);
    expect(one.pages.flat()).toEqual(late);
  });

  it.each([
    ["a prefix", { names: ["room-*"] }],
    ["a name", { names: ["room-1"] }],
    ["a prefix, beside IDs", { names: ["room-*"], sessions: [ROOMS[1]?.sessionId] }],
  ])("of records looks through no more than it may, for a grant of %s", async (_, grant) => {
    const { pages, totals } = await pagesOf(RECORDS_QUERY, grant, {}, 3);
    expect(pages.flat()).toEqual([...FOUND].reverse());
    const whole = Math.floor(OTHERS / MAX_LOOKED_THROUGH);
    expect(pages.slice(0, whole)).toEqual(Array.from({ length: whole }, () => []));
    expect(pages.length).toBeLessThanOrEqual(whole + 3);
    // More records than a count may look at are of sessions that the caller may not use.
    expect(totals).toEqual([null]);
  });

  it("of records needs one look where an index has them, and its count as well", async () => {
    const everything = { sessions: ["*"] };
    for (const [grant, filter] of [
      [everything, { issuedTo: "ann" }],
      [everything, { sessionId: SEEN.sessionId }],
      [everything, { issuedBefore: at(5).toISOString() }],
      [{ names: ["room-*"] }, { issuedBefore: at(5).toISOString() }],
      [{ sessions: [SEEN.sessionId] }, {}],
      [{ sessions: [SEEN.sessionId, ...ROOMS.slice(0, 40).map(({ sessionId }) => sessionId)] }, {}],
    ] as const) {
      const { pages, totals } = await pagesOf(RECORDS_QUERY, grant, filter, 100);
      expect(pages).toEqual([[...FOUND].reverse()]);
      expect(totals).toEqual([5]);
    }
  });

  it("tells nothing of a session that the caller may not use", async () => {
    const filter = { sessionId: UNSEEN.sessionId };
    for (const grant of [{ names: ["room-*"] }, { sessions: [SEEN.sessionId] }, {}]) {
      expect(await pagesOf(RECORDS_QUERY, grant, filter, 3)).toEqual({ pages: [[]], totals: [0] });
    }
  });

  it("tells nothing of whose tokens those of other sessions are", async () => {
    const grant = { names: ["lobby"] };
    const { pages, totals } = await pagesOf(RECORDS_QUERY, grant, { issuedTo: "nobody" }, 3);
    expect(pages.flat()).toEqual([]);
    expect(await pagesOf(RECORDS_QUERY, grant, { issuedTo: "bulk" }, 3)).toEqual({ pages, totals });
  });

  it.each(["{ totalCount }", "{ nodes { id } }"])(
    "holds the rows of one look of a caller: %s",
    async (fields) => {
      const lists = [997, 998, 999].map(
        (time) =>
          `a${time}: issuedTokens(first: 1, filter: { issuedBefore: "${at(time).toISOString()}" }) ${fields}`,
      );
      const asked = await server.queriesDuring(() =>
        server.graphql(`{ ${lists.join(" ")} }`, {}, reader({ names: ["room-*"] })),
      );
      const looks = asked.filter(
        (text) => text.includes("issued_tokens") || text.includes('"session_id" in'),
      );
      const isNames = looks.map((text) => text.includes('"session_id" in'));
      // After the three pages, which a count needs none of, but is asked for with.
      expect(isNames.slice(-6)).toEqual([false, true, false, true, false, true]);
    },
  );

  it("holds the sessions of one look of a caller", async () => {
    const lists = [1, 2, 3].map(
      (time) =>
        `a${time}: sessions(first: 1, filter: { createdBefore: "${at(-time).toISOString()}" }) { nodes { id } }`,
    );
    const asked = await server.queriesDuring(() =>
      server.graphql(`{ ${lists.join(" ")} }`, {}, reader({ names: ["bulk-*", "x*"] })),
    );
    const places = asked.filter((text) => text.includes("turn")).map((text) => text.includes("name > "));
    // Each begins once: from the first name on.
    const begins = places.flatMap((isLater, i) => (isLater ? [] : [i]));
    expect(begins).toHaveLength(3);
    expect(begins[1]).toBeGreaterThan(1);
  });

  it("counts to 10,000 what it need not look through, and else says nothing", async () => {
    const total = async (filter: object, grant: object = { sessions: ["*"] }) => {
      const { data } = await server.graphql(RECORDS_QUERY, { first: 1, filter }, reader(grant));
      return data.list.totalCount;
    };
    expect(await total({})).toBe(MAX_TOTAL);
    expect(await total({ issuedTo: "bulk" })).toBe(MAX_TOTAL);
    const to = (count: number) => ({
      issuedAfter: at(1000).toISOString(),
      issuedBefore: at(1000 + count).toISOString(),
    });
    for (const count of [MAX_TOTAL - 1, MAX_TOTAL]) expect(await total(to(count))).toBe(count);
    expect(await total(to(MAX_TOTAL + 1))).toBe(MAX_TOTAL);
    expect(await total({ role: "MODERATOR", ...to(MAX_TOTAL) })).toBe(0);
    expect(await total({ role: "MODERATOR", ...to(MAX_TOTAL + 1) })).toBeNull();
    expect(await total(to(MAX_TOTAL), { names: ["room-*"] })).toBe(0);
    expect(await total(to(MAX_TOTAL + 1), { names: ["room-*"] })).toBeNull();
  });
});
