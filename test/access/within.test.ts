import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Caller, callerWith } from "../../src/access/caller.ts";
import { PRESET_CLAIMS } from "../../src/access/key-presets.ts";
import { readGrant } from "../../src/access/permissions.ts";
import {
  boundData,
  boundIdentity,
  checkEverySession,
  checkLifetime,
  checkManages,
  checkName,
  checkOptions,
  checkRole,
  checkScope,
  checkSession,
  REQUIRED_SCOPE,
} from "../../src/access/policy.ts";
import { SCOPES } from "../../src/access/scope.ts";
import { checkWithin, grantOf, isWithin } from "../../src/access/within.ts";
import { Role } from "../../src/domain/role.ts";
import { ArchiveMode, MediaMode } from "../../src/domain/session.ts";
import { inputs } from "../support/long.ts";

const ROLES = ["SUBSCRIBER", "PUBLISHER", "PUBLISHER_ONLY", "MODERATOR"];
const FREE = { roles: ROLES, sessions: ["*"] };
const scope = SCOPES.join(" ");

const DAYS_30 = 30 * 24 * 60 * 60;

/** What a caller with one grant lacks for a key with another; null if nothing. */
function lacking(own: object, wanted: object, ownScope = scope, wantedScope = "keys:manage"): unknown {
  const caller = callerWith("key:1", "one", { scope: ownScope, video_grant: own });
  const grant = grantOf({ scope: wantedScope, video_grant: wanted });
  let missing: unknown = null;
  try {
    checkWithin(caller, grant);
  } catch (error) {
    const { code, retryable, ...details } = (error as { extensions: Record<string, unknown> }).extensions;
    expect([code, retryable]).toEqual(["FORBIDDEN", false]);
    missing = details;
  }
  expect(isWithin(caller, grant)).toBe(missing === null);
  return missing;
}

describe("a key", () => {
  const OPTIONS = { mediaMode: ["ROUTED"], e2ee: [true] };
  const BOUND = [
    {},
    FREE,
    { roles: ["PUBLISHER"], sessions: ["1_a", "1_b"] },
    { names: ["room-1", "class-*"], maxLifetime: 60 },
    { ...FREE, identity: "ann", data: "", manage: "as-moderator" },
    { ...FREE, sessionOptions: OPTIONS },
    { ...FREE, sessionOptions: { mediaMode: [] } },
  ];

  it.each(BOUND)("may grant exactly what its creator has: %j", (grant) => {
    expect(readGrant(grant).problems).toEqual([]);
    expect(lacking(grant, grant)).toBeNull();
    expect(lacking(FREE, grant)).toBeNull();
    expect(lacking(grant, {})).toEqual(
      "identity" in grant
        ? { requiredIdentity: null }
        : "sessionOptions" in grant
          ? { requiredOption: "mediaMode" }
          : "maxLifetime" in grant
            ? { requiredLifetime: DAYS_30, maxLifetime: 60 }
            : null,
    );
  });

  it.each<[string, object, object]>([
    ["fewer roles", { roles: ["PUBLISHER"] }, {}],
    ["one of several IDs", { sessions: ["1_a", "1_b"] }, { sessions: ["1_b"] }],
    ["an ID instead of every session", { sessions: ["*"] }, { sessions: ["1_b"] }],
    ["names instead of every session", { sessions: ["*"] }, { names: ["*"] }],
    ["a name of a prefix", { names: ["room-*"] }, { names: ["room-1"] }],
    ["a longer prefix", { names: ["room-*"] }, { names: ["room-1*", "room-*"] }],
    ["a prefix instead of every name", { names: ["*"] }, { names: ["room-*", "a"] }],
    ["a shorter lifetime", { maxLifetime: 60 }, { maxLifetime: 59 }],
    ["no lifetime where the caller's is longer than the platform's", { maxLifetime: DAYS_30 + 1 }, {}],
    [
      "a lifetime that is longer than the platform's where the caller has none",
      {},
      { maxLifetime: DAYS_30 + 1 },
    ],
    ["an identity where the caller is free", {}, { identity: "ann", data: "a", manage: "as-moderator" }],
    [
      "fewer values of an option",
      { sessionOptions: { e2ee: [true, false] } },
      { sessionOptions: { e2ee: [false], archiveMode: [] } },
    ],
    ["no value of an option", { sessionOptions: { e2ee: [true] } }, { sessionOptions: { e2ee: [] } }],
  ])("may have less: %s", (_, own, wanted) => {
    expect(lacking(own, wanted)).toBeNull();
  });

  it.each<[string, object, object, object]>([
    [
      "a role",
      { roles: ["PUBLISHER"] },
      { roles: ["PUBLISHER", "MODERATOR"] },
      { requiredRole: "MODERATOR" },
    ],
    ["a role of none", {}, { roles: ["SUBSCRIBER"] }, { requiredRole: "SUBSCRIBER" }],
    ["another ID", { sessions: ["1_a"] }, { sessions: ["1_a", "1_b"] }, { requiredSession: "1_b" }],
    ["every session instead of IDs", { sessions: ["1_a"] }, { sessions: ["*"] }, { requiredSession: "*" }],
    ["every session instead of every name", { names: ["*"] }, { sessions: ["*"] }, { requiredSession: "*" }],
    ["an ID instead of every name", { names: ["*"] }, { sessions: ["1_a"] }, { requiredSession: "1_a" }],
    ["a name instead of an ID", { sessions: ["1_a"] }, { names: ["room"] }, { requiredName: "room" }],
    ["another name", { names: ["room-*"] }, { names: ["room-1", "rooms"] }, { requiredName: "rooms" }],
    ["a prefix instead of its name", { names: ["room"] }, { names: ["room*"] }, { requiredName: "room*" }],
    ["a shorter prefix", { names: ["room-*"] }, { names: ["room*"] }, { requiredName: "room*" }],
    ["every name", { names: ["room-*"] }, { names: ["room-*", "*"] }, { requiredName: "*" }],
    [
      "a longer lifetime",
      { maxLifetime: 60 },
      { maxLifetime: 61 },
      { requiredLifetime: 61, maxLifetime: 60 },
    ],
    ["no lifetime", { maxLifetime: 60 }, {}, { requiredLifetime: DAYS_30, maxLifetime: 60 }],
    ["another identity", { identity: "ann" }, { identity: "bob" }, { requiredIdentity: "bob" }],
    ["no identity", { identity: "ann" }, {}, { requiredIdentity: null }],
    ["other data", { data: "a" }, { data: "b" }, { requiredData: true }],
    ["no data, which empty data binds, too", { data: "" }, {}, { requiredData: true }],
    [
      "another value of an option",
      { sessionOptions: { e2ee: [true] } },
      { sessionOptions: { e2ee: [true, false] } },
      { requiredOption: "e2ee" },
    ],
    [
      "a free option",
      { sessionOptions: { archiveMode: ["MANUAL"], mediaMode: ["ROUTED"] } },
      { sessionOptions: { archiveMode: ["MANUAL"] } },
      { requiredOption: "mediaMode" },
    ],
    [
      "participants where its creator is no moderator",
      { identity: "ann", manage: "as-moderator" },
      { identity: "ann" },
      { requiredModerator: "*" },
    ],
  ])("may not have more: %s", (_, own, wanted, missing) => {
    expect(lacking(own, wanted)).toEqual(missing);
  });

  it.each(SCOPES)("may have %s only from a caller with this scope", (wanted) => {
    const others = SCOPES.filter((each) => each !== wanted).join(" ");
    expect(lacking(FREE, FREE, others, wanted)).toEqual({ requiredScope: wanted });
    expect(lacking(FREE, FREE, wanted, wanted)).toBeNull();
  });

  it("that this version cannot read counts as one without limits", () => {
    const malformed = { ...FREE, names: ["standup "] };
    expect(lacking({ ...FREE, maxLifetime: 60 }, malformed)).toMatchObject({ maxLifetime: 60 });
    expect(lacking({}, malformed)).toMatchObject({ requiredRole: expect.any(String) });
    expect(lacking({ roles: ROLES, names: ["room"] }, malformed)).toEqual({ requiredSession: "*" });
    expect(lacking(FREE, malformed)).toBeNull();
  });

  it("cannot be made by a caller whose own grant is malformed, which the refusal says", () => {
    expect(lacking({ ...FREE, maxlifetime: 60 }, { roles: ["PUBLISHER"] })).toEqual({
      requiredRole: "PUBLISHER",
      problem: expect.stringContaining("did you mean maxLifetime?"),
    });
  });
});

it.each(Object.entries(PRESET_CLAIMS))("the preset %s can be read", (_, claims) => {
  const { scopes } = grantOf(claims);
  expect([...scopes].sort()).toEqual(String(claims.scope).split(" ").sort());
  expect(readGrant(claims.video_grant).problems).toEqual([]);
});

describe("a key that is within its creator's permissions", () => {
  const some = <T>(...values: T[]) => fc.subarray(values);
  const member = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const claims = fc.record({
    scope: some("tokens:create", "keys:manage", "bans:manage").map((scopes) => scopes.join(" ")),
    roles: member(some(...ROLES)),
    sessions: member(some("*", "1_a", "1_b")),
    names: member(some("*", "room*", "room-*", "room-1", "hall")),
    maxLifetime: member(fc.constantFrom(1, 60, DAYS_30, DAYS_30 + 1)),
    identity: member(fc.constantFrom("ann", "bob")),
    data: member(fc.constantFrom("", "seat 1")),
    manage: member(fc.constant("as-moderator")),
    mediaMode: member(some("ROUTED", "RELAYED")),
    archiveMode: member(some("MANUAL", "ALWAYS")),
    e2ee: member(some(true, false)),
  });
  type Claims = typeof claims extends fc.Arbitrary<infer T> ? T : never;
  /** A creator's claims, and those of a key, most of whose members are the creator's. */
  const both = fc
    .tuple(claims, claims, fc.array(fc.nat(4), { minLength: 11, maxLength: 11 }))
    .map(([own, other, dice]) => {
      const members = Object.keys(own) as (keyof Claims)[];
      const mixed = members.map((name, i) => [name, dice[i] === 0 ? other[name] : own[name]] as const);
      return [own, Object.fromEntries(mixed) as Claims] as const;
    });

  function holder({ scope, mediaMode, archiveMode, e2ee, manage, ...grant }: Claims): Caller {
    // It needs an identity.
    const rule = grant.identity === undefined ? undefined : manage;
    const video_grant = { ...grant, manage: rule, sessionOptions: { mediaMode, archiveMode, e2ee } };
    const caller = callerWith("key:1", "one", JSON.parse(JSON.stringify({ scope, video_grant })));
    expect(caller.problems).toEqual([]);
    return caller;
  }

  const isModerated = async (sessionId: string, identity: string) =>
    sessionId === "1_a" && identity === "ann";
  const NO_OPTIONS = { mediaMode: null, archiveMode: null, archiveResolution: null, e2ee: null };
  /** Everything that the policy decides, by what it is about. */
  const CHECKS: readonly (readonly [string, (caller: Caller) => unknown])[] = [
    ...Object.keys(REQUIRED_SCOPE).map((field) => [field, (of: Caller) => checkScope(of, field)] as const),
    ...Object.values(Role).map((role) => [role, (of: Caller) => checkRole(of, role)] as const),
    ...["1_a", "1_b", "1_c"].flatMap((id) =>
      [null, "hall", "room", "room-1", "x"].map(
        (name) => [`${id} ${name}`, (of: Caller) => checkSession(of, id, name)] as const,
      ),
    ),
    ...["hall", "room", "room-1", "room-2", "x"].map(
      (name) => [name, (of: Caller) => checkName(of, name)] as const,
    ),
    ["every session", checkEverySession],
    ...[1, 60, 61, DAYS_30].map(
      (lifetime) => [`${lifetime} s`, (of: Caller) => checkLifetime(of, lifetime)] as const,
    ),
    ...["ann", "bob"].map((who) => [who, (of: Caller) => boundIdentity(of, who)] as const),
    ...["", "seat 1", "x"].map((data) => [`data ${data}`, (of: Caller) => boundData(of, data)] as const),
    ...[
      { mediaMode: MediaMode.ROUTED },
      { mediaMode: MediaMode.RELAYED },
      { archiveMode: ArchiveMode.ALWAYS },
      { e2ee: true },
      { e2ee: false },
    ].map(
      (options) =>
        [
          JSON.stringify(options),
          (of: Caller) => checkOptions(of, { ...NO_OPTIONS, ...options }, false),
        ] as const,
    ),
    ...["1_a", "1_b"].map(
      (id) => [`manage ${id}`, (of: Caller) => checkManages(of, id, isModerated)] as const,
    ),
  ];

  /** What the policy permits. */
  async function permitted(caller: Caller): Promise<string[]> {
    const names = CHECKS.map(async ([name, check]) => {
      try {
        await check(caller);
        return [name];
      } catch {
        return [];
      }
    });
    return (await Promise.all(names)).flat();
  }

  it("does nothing that its creator may not do", async () => {
    let within = 0;
    await fc.assert(
      fc.asyncProperty(both, async ([own, wanted]) => {
        const [creator, key] = [holder(own), holder(wanted)];
        if (!isWithin(creator, key)) return;
        within++;
        const mayItself = await permitted(creator);
        expect((await permitted(key)).filter((name) => !mayItself.includes(name))).toEqual([]);
        // What it gets without asking.
        for (const bound of [boundIdentity, boundData]) {
          const given = bound(key, null);
          if (given !== null) expect(bound(creator, given)).toBe(given);
          else expect(bound(creator, null)).toBeNull();
        }
      }),
      { numRuns: inputs(20_000) },
    );
    expect(within).toBeGreaterThan(inputs(20_000) / 10);
  });
});
