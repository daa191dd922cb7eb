import { describe, expect, it } from "vitest";
import { callerWith, localCaller } from "../../src/access/caller.ts";
import { describeCaller } from "../../src/access/describe-caller.ts";
import { readGrant } from "../../src/access/permissions.ts";
import { SCOPES } from "../../src/access/scope.ts";
import { Role } from "../../src/domain/role.ts";
import { MediaMode } from "../../src/domain/session.ts";

const MONTH = 2_592_000;
/** The members of a grant that binds the caller to nothing. */
const UNBOUND = {
  identity: null,
  data: null,
  sessionOptions: { mediaMode: null, archiveMode: null, archiveResolution: null, e2ee: null },
  manage: null,
};
const grantOf = (video_grant: unknown) =>
  describeCaller(callerWith("key:1", "one", { video_grant })).videoGrant;

describe("describeCaller", () => {
  it("says that a local caller may do everything", () => {
    expect(describeCaller(localCaller())).toEqual({
      id: "local",
      subject: "local",
      scopes: SCOPES,
      videoGrant: { roles: Object.values(Role), sessions: ["*"], names: [], maxLifetime: MONTH, ...UNBOUND },
    });
  });

  it("says that a caller may do nothing that it was not given", () => {
    const nothing = { roles: [], sessions: [], names: [], maxLifetime: MONTH, ...UNBOUND };
    expect(describeCaller(callerWith("key:1", "one", {}))).toEqual({
      id: "key:1",
      subject: "one",
      scopes: [],
      videoGrant: nothing,
    });
    expect(grantOf("malformed")).toEqual(nothing);
  });

  it("names the scopes that we know", () => {
    const caller = callerWith("jwt:1", "alice", { scope: "openid ledger:read sessions:read" });
    expect(describeCaller(caller)).toMatchObject({
      subject: "alice",
      scopes: expect.toSatisfy(
        (scopes: string[]) => scopes.toSorted().join() === "ledger:read,sessions:read",
      ),
    });
  });

  it("has IDs, names and the beginnings of names as the claim has them", () => {
    const claim = {
      roles: ["SUBSCRIBER", "MODERATOR"],
      sessions: ["1_a", "2_b"],
      names: ["lobby", "room-*"],
      maxLifetime: 600,
    };
    expect(grantOf(claim)).toEqual({ ...claim, ...UNBOUND, roles: [Role.SUBSCRIBER, Role.MODERATOR] });
  });

  it("says what binds the caller", () => {
    const bound = { identity: "ann", data: "seat 1", manage: "as-moderator" };
    expect(grantOf({ ...bound, sessionOptions: { mediaMode: ["ROUTED"], e2ee: [true] } })).toMatchObject({
      ...bound,
      sessionOptions: { mediaMode: [MediaMode.ROUTED], archiveMode: null, e2ee: [true] },
    });
  });

  it.each([
    ["every session", { sessions: ["*"] }, ["*"], []],
    ["every session, and IDs beside it", { sessions: ["1_a", "*"] }, ["*"], []],
    ["every name", { names: ["*"] }, [], ["*"]],
    ["names before their beginnings", { names: ["room-*", "lobby"] }, [], ["lobby", "room-*"]],
  ])("has %s", (_, claim, sessions, names) => {
    expect(grantOf(claim)).toMatchObject({ sessions, names });
  });

  it("says a grant of sessions that means the same when it is read as a claim", () => {
    for (const claim of [{}, { sessions: ["1_a"], names: ["lobby", "room-*", "*"] }, { names: ["*"] }]) {
      const { sessions, names } = grantOf(claim);
      expect(readGrant({ sessions, names }).permissions.sessions).toEqual(
        readGrant(claim).permissions.sessions,
      );
    }
  });

  it.each([
    ["30 days without a limit", undefined, MONTH],
    ["the limit", 600, 600],
    ["the limit of just 30 days", MONTH, MONTH],
    ["30 days with a limit that is longer", MONTH + 1, MONTH],
    ["30 days with a limit that is no Int", Number.MAX_SAFE_INTEGER, MONTH],
  ])("has as the longest lifetime %s", (_, maxLifetime, seconds) => {
    expect(grantOf({ ...(maxLifetime && { maxLifetime }) }).maxLifetime).toBe(seconds);
  });
});
