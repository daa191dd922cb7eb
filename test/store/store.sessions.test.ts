import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Session, sessionKnownById } from "../../src/domain/session.ts";
import {
  ALL_SESSIONS,
  isSelected,
  NO_SESSIONS,
  type SessionSelection,
} from "../../src/domain/session-selection.ts";
import type { RegisteredSession, SessionPlace } from "../../src/store/store.ts";
import { inOrder } from "../support/in-order.ts";
import { PROJECT, session } from "../support/records.ts";
import { ENGINES, newStore } from "../support/stores.ts";

describe.each(ENGINES)("the session registry on %s", (engine) => {
  it("gives back what it was given, and nothing for what it was not", async () => {
    const { sessions } = await newStore(engine);
    const fields = { owner: PROJECT, location: null, createdAt: new Date(0) };
    const bare = { ...sessionKnownById("1_b", fields), createdAt: null, createdHere: true };
    await sessions.add(session("1_a"));
    await sessions.add(session("1_c", { e2ee: true }));
    await sessions.add(bare);
    expect(await sessions.findMany(["1_a"])).toEqual([session("1_a")]);
    expect(await sessions.findMany(["1_b", "1_x"])).toEqual([bare]);
    expect(await sessions.findMany(["1_c"])).toEqual([session("1_c", { e2ee: true })]);
  });

  it("keeps one session of an ID", async () => {
    const { sessions } = await newStore(engine);
    await sessions.add(session("1_a"));
    await expect(sessions.add(session("1_a"))).rejects.toThrow();
    expect(await sessions.list(PROJECT, ALL_SESSIONS, 10, null)).toHaveLength(1);
  });

  it("lists a project's sessions, newest first, from any position on", async () => {
    const { sessions } = await newStore(engine);
    for (const id of ["1_a", "1_b", "1_c", "1_d"]) {
      await sessions.add(session(id));
      await sessions.add(session(`${id}_other`, { applicationId: "87654321" }));
    }
    const ids = async (limit: number, position: number | null) => {
      const after = position === null ? null : { name: null, position };
      const found = await sessions.list(PROJECT, ALL_SESSIONS, limit, after);
      return found.map(({ session }) => session.sessionId);
    };
    expect(await ids(10, null)).toEqual(["1_d", "1_c", "1_b", "1_a"]);
    const [, second] = await sessions.list(PROJECT, ALL_SESSIONS, 2, null);
    expect(await ids(10, second?.position ?? 0)).toEqual(["1_b", "1_a"]);
    expect(await ids(1, second?.position ?? 0)).toEqual(["1_b"]);
  });

  // Values that a pattern, a quotation mark or a database's notion of a character would spoil.
  const names = [
    "room-1",
    "room-2",
    "ROOM-1",
    "room_1",
    "%",
    "'",
    "é-1",
    "🎥-1",
    null,
    "room-1",
    "\ufffc",
    null,
  ];
  it.each<[string, Partial<SessionSelection>]>([
    ["nothing", {}],
    ["an ID", { ids: new Set(["1_0", "1_x"]) }],
    ["a name", { names: new Set(["room-1"]) }],
    ["a prefix", { namePrefixes: ["room-"] }],
    ["a prefix that is a pattern elsewhere", { namePrefixes: ["%", "room_"] }],
    ["a prefix with a quotation mark", { namePrefixes: ["'"] }],
    ["a prefix beyond ASCII", { namePrefixes: ["é", "🎥"] }],
    ["every name", { namePrefixes: [""] }],
    ["IDs, names and prefixes", { ids: new Set(["1_8"]), names: new Set(["%"]), namePrefixes: ["ROOM"] }],
  ])("lists the sessions that are selected by %s, as the domain selects them", async (_, selected) => {
    const { sessions } = await newStore(engine);
    const all = names.map((name, i) => session(`1_${i}`, { name }));
    for (const one of all) await sessions.add(one);
    const selection = { ...NO_SESSIONS, ...selected };
    const found = await sessions.list(PROJECT, selection, 100, null);
    const expected = all.filter(({ sessionId, name }) => isSelected(selection, sessionId, name));
    expect(found.map((item) => item.session)).toEqual(inOrder(selection, expected));
  });

  it("lists any selection page by page, and counts it: each session once, and no other project's", async () => {
    const { sessions } = await newStore(engine);
    const all = names.map((name, i) => session(`1_${i}`, { name }));
    for (const one of all) {
      await sessions.add(one);
      await sessions.add({ ...one, sessionId: `${one.sessionId}_other`, applicationId: "87654321" });
    }
    const some = <T>(...values: T[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 4 });
    const selections = fc.record<SessionSelection>({
      all: fc.boolean(),
      ids: some("1_0", "1_1", "1_8", "1_9", "1_11", "1_0_other", "1_x").map((ids) => new Set(ids)),
      names: some("room-1", "ROOM-1", "%", "'", "🎥-1", "lobby").map((chosen) => new Set(chosen)),
      namePrefixes: some("", "room", "room-", "room-1", "%", "é", "🎥", "\ufffc", "x"),
    });
    const count = (selection: SessionSelection, limit: number) =>
      sessions.count(PROJECT, selection, {}, limit);
    const readAll = async (selection: SessionSelection, size: number) => {
      const read: Session[] = [];
      let after: SessionPlace | null = null;
      for (;;) {
        const page: RegisteredSession[] = await sessions.list(PROJECT, selection, size, after);
        read.push(...page.map((found) => found.session));
        const last = page.at(-1);
        if (!last) return read;
        after = { name: last.session.name, position: last.position };
      }
    };
    await fc.assert(
      fc.asyncProperty(selections, fc.integer({ min: 1, max: 5 }), async (selection, size) => {
        const selected = all.filter(({ sessionId, name }) => isSelected(selection, sessionId, name));
        expect(await readAll(selection, size)).toEqual(inOrder(selection, selected));
        expect(await count(selection, 100)).toEqual({ looked: selected.length, count: selected.length });
      }),
    );
    expect((await count(ALL_SESSIONS, 100)).count).toBe(names.length);
    expect((await count(NO_SESSIONS, 100)).count).toBe(0);
    expect((await sessions.count("11111111", ALL_SESSIONS, {}, 100)).count).toBe(0);
    const overlapping = {
      ids: new Set(["1_0"]),
      names: new Set(["room-1"]),
      namePrefixes: ["room-", "room-1"],
    };
    expect((await count({ ...NO_SESSIONS, ...overlapping }, 100)).count).toBe(3);
    expect((await count({ ...NO_SESSIONS, ...overlapping }, 2)).count).toBe(2);
    expect((await count(ALL_SESSIONS, 3)).count).toBe(3);
  });

  it("answers when it is asked whether it does", async () => {
    await (await newStore(engine)).ping();
  });
});
