import { describe, expect, it } from "vitest";
import { ALL_PERMISSIONS, NO_PERMISSIONS, readGrant } from "../../src/access/permissions.ts";
import { Role } from "../../src/domain/role.ts";
import { ArchiveMode, MediaMode } from "../../src/domain/session.ts";

const permissionsOf = (claim: unknown) => {
  const { permissions, problems } = readGrant(claim);
  expect(problems).toEqual([]);
  return permissions;
};
const nothing = { all: false, ids: new Set(), names: new Set(), namePrefixes: [] };
const unbound = { maxLifetime: null, identity: null, data: null, sessionOptions: {}, asModerator: false };

describe("readGrant", () => {
  it.each([
    ["an absent claim", undefined],
    ["an empty claim", {}],
    ["a claim with empty lists", { roles: [], sessions: [], names: [] }],
  ])("grants nothing for %s", (_, claim) => {
    expect(permissionsOf(claim)).toEqual({ roles: new Set(), sessions: nothing, ...unbound });
  });

  it("reads the roles by their names in the contract", () => {
    const { roles } = permissionsOf({ roles: ["SUBSCRIBER", "PUBLISHER", "PUBLISHER_ONLY", "MODERATOR"] });
    expect(roles).toEqual(new Set(Object.values(Role)));
    expect(permissionsOf({ roles: ["SUBSCRIBER"] }).roles).toEqual(new Set([Role.SUBSCRIBER]));
  });

  it("reads the IDs of sessions", () => {
    expect(permissionsOf({ sessions: ["1_a", "2_b"] }).sessions).toEqual({
      ...nothing,
      ids: new Set(["1_a", "2_b"]),
    });
  });

  it("reads a lone star as every session", () => {
    expect(permissionsOf({ sessions: ["1_a", "*"] }).sessions.all).toBe(true);
  });

  it("tells names from the beginnings of names", () => {
    expect(permissionsOf({ names: ["lobby", "room-*", "*"] }).sessions).toEqual({
      ...nothing,
      names: new Set(["lobby"]),
      namePrefixes: ["room-", ""],
    });
  });

  it("puts names and their beginnings into NFC, and lets a beginning end in a space", () => {
    expect(permissionsOf({ names: ["e\u0301quipe", "e\u0301*", "team *"] }).sessions).toEqual({
      ...nothing,
      names: new Set(["\u00e9quipe"]),
      namePrefixes: ["\u00e9", "team "],
    });
  });

  it.each([1, 3600, Number.MAX_SAFE_INTEGER])("reads a maxLifetime of %d", (maxLifetime) => {
    expect(permissionsOf({ maxLifetime }).maxLifetime).toBe(maxLifetime);
  });

  it("reads lists of a hundred", () => {
    const sessions = Array.from({ length: 100 }, (_, i) => `1_${i}`);
    expect(permissionsOf({ sessions }).sessions.ids.size).toBe(100);
    const names = sessions.map((id) => `${id}*`);
    expect(permissionsOf({ names }).sessions.namePrefixes).toHaveLength(100);
  });

  it.each<[string, unknown, RegExp]>([
    [
      "a list of more than a hundred",
      { names: Array(101).fill("a*") },
      /at most 100 non-empty Unicode strings/,
    ],
    ["null", null, /^video_grant must be an object or the JSON text of one; it is null$/],
    ["a list", [], /^video_grant must be an object or the JSON text of one; it is a list$/],
    ["a text", "*", /^video_grant must be an object.*; it is a string that is not a JSON object$/],
    [
      "the JSON text of a list",
      "[]",
      /^video_grant must be an object.*; it is a string that is not a JSON object$/,
    ],
    ["JSON text that is cut off", '{"roles":["PUB', /; it is a string that is not a JSON object$/],
    ["a number", 1, /; it is a number$/],
    ["true", true, /; it is a boolean$/],
    ["a member that is misspelt", { maxLifeTime: 60 }, /it has "maxLifeTime"; did you mean maxLifetime\?$/],
    ["a member in the singular", { name: ["a"] }, /it has "name"; did you mean names\?$/],
    ["members that are none", { admin: true, sudo: true }, /it has "admin", and 1 more$/],
    ["a long member", { ["a".repeat(99)]: 1 }, /it has "a{30}…"$/],
    [
      "a member that looks like another",
      { "roles\u202e": [] },
      /it has "roles\\u202e"; did you mean roles\?$/,
    ],
    ["a member named __proto__", JSON.parse('{"__proto__": {}}'), /it has "__proto__"$/],
    [
      "roles that are no list",
      { roles: "MODERATOR" },
      /^video_grant\.roles must be a list of at most 100 non-empty Unicode strings.*; it is a string$/,
    ],
    [
      "roles that are null",
      { roles: null },
      /^video_grant\.roles must be a list of at most 100 non-empty Unicode strings/,
    ],
    [
      "a role that is no string",
      { roles: ["PUBLISHER", 1] },
      /^video_grant\.roles must be a list of at most 100 non-empty Unicode strings/,
    ],
    [
      "an empty role",
      { roles: [""] },
      /^video_grant\.roles must be a list of at most 100 non-empty Unicode strings/,
    ],
    [
      "a role that is unknown",
      { roles: ["ADMIN"] },
      /^video_grant\.roles accepts SUBSCRIBER, PUBLISHER, PUBLISHER_ONLY, MODERATOR$/,
    ],
    [
      "a role as tokens carry it",
      { roles: ["moderator"] },
      /^video_grant\.roles accepts .*; did you mean MODERATOR\?$/,
    ],
    ["a role that every object has", { roles: ["constructor"] }, /^video_grant\.roles accepts/],
    ["a star for every role", { roles: ["*"] }, /^video_grant\.roles accepts/],
    [
      "sessions that are no list",
      { sessions: "*" },
      /^video_grant\.sessions must be a list of at most 100 non-empty Unicode strings/,
    ],
    [
      "an empty session ID",
      { sessions: ["1_a", ""] },
      /^video_grant\.sessions must be a list of at most 100 non-empty Unicode strings/,
    ],
    [
      "a session ID with a star at its end",
      { sessions: ["1_*"] },
      /^video_grant\.sessions accepts session IDs/,
    ],
    ["two stars for a session", { sessions: ["*", "**"] }, /^video_grant\.sessions accepts session IDs/],
    [
      "names that are no list",
      { names: { 0: "lobby" } },
      /^video_grant\.names must be a list of at most 100 non-empty Unicode strings/,
    ],
    [
      "an empty name",
      { names: [""] },
      /^video_grant\.names must be a list of at most 100 non-empty Unicode strings/,
    ],
    ["a name with U+0000", { names: ["a\0"] }, /^video_grant\.names must be a list .* without U\+0000/],
    [
      "a session ID with a lone surrogate",
      { sessions: ["1_\udc00"] },
      /^video_grant\.sessions must be a list of at most 100 non-empty Unicode strings/,
    ],
    ["a name that begins with a star", { names: ["*lobby"] }, /^video_grant\.names accepts "\*"/],
    ["a name with a star within", { names: ["lobby", "a*b"] }, /^video_grant\.names accepts "\*"/],
    ["a name with two stars at its end", { names: ["lobby**"] }, /^video_grant\.names accepts "\*"/],
    ["a name with a trailing space", { names: ["lobby "] }, /^video_grant\.names must not end in a space/],
    ["a hidden character", { names: ["lobby\u200b"] }, /^video_grant\.names must not .* it has U\+200B$/],
    ["one before a star", { names: ["lobby\u00ad*"] }, /^video_grant\.names must not .* it has U\+00AD$/],
    ["two spaces before a star", { names: ["team  *"] }, /^video_grant\.names must not have two spaces/],
    [
      "a name that no session can have",
      { names: ["a".repeat(201)] },
      /^video_grant\.names must be at most 200/,
    ],
    ["a maxLifetime of 0", { maxLifetime: 0 }, /^video_grant\.maxLifetime must be a whole number/],
    ["a negative maxLifetime", { maxLifetime: -1 }, /^video_grant\.maxLifetime must be a whole number/],
    ["a broken maxLifetime", { maxLifetime: 1.5 }, /^video_grant\.maxLifetime must be a whole number/],
    ["a maxLifetime that is null", { maxLifetime: null }, /^video_grant\.maxLifetime must be a whole number/],
    [
      "a maxLifetime as a string",
      { maxLifetime: "60" },
      /^video_grant\.maxLifetime must be a whole number of seconds, at least 1; it is a string$/,
    ],
    [
      "an identity that is no string",
      { identity: 1 },
      /^video_grant\.identity must be a string; it is a number$/,
    ],
    ["an empty identity", { identity: "" }, /^video_grant\.identity must/],
    ["a long identity", { identity: "a".repeat(1001) }, /^video_grant\.identity must be at most/],
    ["data that is null", { data: null }, /^video_grant\.data must be a string; it is null$/],
    ["long data", { data: "a".repeat(1001) }, /^video_grant\.data must be at most 1000/],
    ["data with U+0000", { data: "a\0" }, /^video_grant\.data must/],
    [
      "options that are no object",
      { sessionOptions: [] },
      /^video_grant\.sessionOptions must be an object; it is a list$/,
    ],
    [
      "an option that is unknown",
      { sessionOptions: { canary: [] } },
      /^video_grant\.sessionOptions can have only mediaMode, archiveMode, archiveResolution, e2ee$/,
    ],
    [
      "an option that every object has",
      { sessionOptions: { constructor: [] } },
      /^video_grant\.sessionOptions can have only/,
    ],
    [
      "an option without a list",
      { sessionOptions: { e2ee: true } },
      /^video_grant\.sessionOptions\.e2ee must be a list of true, false$/,
    ],
    [
      "a mode as the platform calls it",
      { sessionOptions: { mediaMode: ["routed"] } },
      /^video_grant\.sessionOptions\.mediaMode must be a list of /,
    ],
    ["another manage", { manage: "all", identity: "a" }, /^video_grant\.manage must be "as-moderator"$/],
    [
      "manage without identity",
      { manage: "as-moderator" },
      /^video_grant\.manage needs the member identity$/,
    ],
    ["a huge maxLifetime", { maxLifetime: 2 ** 53 }, /^video_grant\.maxLifetime must be a whole number/],
  ])("refuses %s, and allows nothing", (_, claim, message) => {
    const { permissions, problems } = readGrant(claim);
    expect({ ...permissions, sessionOptions: {} }).toEqual(NO_PERMISSIONS);
    expect(problems).toMatchObject([{ says: expect.stringMatching(message) }]);
  });

  it("reads who the caller is, and what it may do", () => {
    const claim = { identity: "ada@example.com", data: "", manage: "as-moderator" };
    expect(permissionsOf(claim)).toMatchObject({ identity: "ada@example.com", data: "", asModerator: true });
    expect(permissionsOf({ data: "a".repeat(1000) }).data).toHaveLength(1000);
  });

  it("reads the allowed values of options", () => {
    const sessionOptions = { mediaMode: ["ROUTED"], archiveMode: ["MANUAL", "ALWAYS"], e2ee: [true] };
    expect(permissionsOf({ sessionOptions }).sessionOptions).toEqual({
      mediaMode: new Set([MediaMode.ROUTED]),
      archiveMode: new Set([ArchiveMode.MANUAL, ArchiveMode.ALWAYS]),
      e2ee: new Set([true]),
    });
  });

  it("keeps the restrictions of options when another member is a problem, and allows no option when they are unclear", () => {
    const sessionOptions = { mediaMode: ["ROUTED"] };
    const routed = { mediaMode: new Set([MediaMode.ROUTED]) };
    const none = {
      mediaMode: new Set(),
      archiveMode: new Set(),
      archiveResolution: new Set(),
      e2ee: new Set(),
    };
    const optionsOf = (claim: object) => readGrant(claim).permissions.sessionOptions;
    expect(optionsOf({ roles: 1, sessionOptions })).toEqual(routed);
    expect(optionsOf({ sesionOptions: sessionOptions })).toEqual(none);
    expect(optionsOf({ sessionOptions: { mediaMode: "ROUTED" } })).toEqual(none);
  });

  it("names each member that cannot be read", () => {
    const { problems } = readGrant({
      roles: ["publisher"],
      sessions: "*",
      names: [1],
      maxLifetime: "1",
      name: [],
    });
    expect(problems.map(({ member }) => member)).toEqual([
      "grant",
      "roles",
      "sessions",
      "names",
      "maxLifetime",
    ]);
  });

  it("reads the JSON text of a grant as the grant", () => {
    const claim = { roles: ["MODERATOR"], sessions: ["1_a"], names: ["room-*"], maxLifetime: 60 };
    expect(readGrant(JSON.stringify(claim))).toEqual(readGrant(claim));
    expect(readGrant("{}")).toEqual(readGrant({}));
  });

  it("calls the grant by the name of its claim", () => {
    const [problem] = readGrant({ roles: "x" }, "https://example.com/video_grant").problems;
    expect(problem?.says).toMatch(/^https:\/\/example\.com\/video_grant\.roles must be a list/);
  });

  it("never says a value", () => {
    for (const member of [
      "roles",
      "sessions",
      "names",
      "maxLifetime",
      "identity",
      "data",
      "sessionOptions",
      "manage",
    ]) {
      for (const value of [
        "canary",
        ["canary*x", "*canary"],
        { canary: "canary" },
        [["canary"]],
        ["canary "],
        { mediaMode: ["canary"] },
        `canary\0${"a".repeat(1001)}`,
      ]) {
        for (const { says } of readGrant({ [member]: value }).problems) expect(says).not.toContain("canary");
      }
    }
    for (const { says } of readGrant("canary").problems) expect(says).not.toContain("canary");
  });

  it("does not hide an error that is not about the claim", () => {
    const roles = new Proxy([], {
      get() {
        throw new RangeError("a fault of ours");
      },
    });
    expect(() => readGrant({ roles })).toThrow(RangeError);
  });
});

it("grants nothing, and everything, to those who are to have it", () => {
  expect(NO_PERMISSIONS).toEqual({ roles: new Set(), sessions: nothing, ...unbound });
  expect(ALL_PERMISSIONS).toEqual({
    roles: new Set(["subscriber", "publisher", "publisheronly", "moderator"]),
    sessions: { ...nothing, all: true },
    ...unbound,
  });
});
