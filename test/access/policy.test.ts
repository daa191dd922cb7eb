import { describe, expect, it } from "vitest";
import { type Caller, callerWith, localCaller } from "../../src/access/caller.ts";
import {
  boundData,
  boundIdentity,
  checkArgument,
  checkEverySession,
  checkLifetime,
  checkManages,
  checkName,
  checkOptions,
  checkRole,
  checkScope,
  checkSession,
  listableSessions,
  mayUseSession,
  needsSessionName,
  REQUIRED_SCOPE,
} from "../../src/access/policy.ts";
import { SCOPES } from "../../src/access/scope.ts";
import { Role } from "../../src/domain/role.ts";
import { ArchiveMode, MediaMode } from "../../src/domain/session.ts";

const granted = (video_grant: object): Caller => callerWith("key:1", "one", { video_grant });
const scoped = (scope: string): Caller => callerWith("key:1", "one", { scope });

const forbidden = (message: string, details: object) =>
  expect.objectContaining({
    message: `Not allowed: ${message}`,
    extensions: { code: "FORBIDDEN", retryable: false, ...details },
  });

describe("checkScope", () => {
  it.each<[string, string]>([
    ["Query.session", "sessions:read"],
    ["Query.sessions", "sessions:read"],
    ["Query.inspectToken", "tokens:inspect"],
    ["Query.issuedTokens", "ledger:read"],
    ["Query.issuances", "ledger:read"],
    ["Query.participant", "participants:read"],
    ["Query._entities", "sessions:read"],
    ["Mutation.createSession", "sessions:create"],
    ["Mutation.generateToken", "tokens:create"],
    ["Mutation.generateTokens", "tokens:create"],
    ["Mutation.ensureSession", "sessions:create"],
    ["Session.generateToken", "tokens:create"],
    ["Session.issuedTokens", "ledger:read"],
    ["Subscription.participantChanged", "participants:read"],
    ["Session.participants", "participants:read"],
    ["Session.participantCount", "participants:read"],
    ["Participant.token", "ledger:read"],
    ["IssuedToken.usedBy", "participants:read"],
    ["Query.bans", "bans:manage"],
    ["Mutation.banIdentity", "bans:manage"],
    ["Mutation.liftBan", "bans:manage"],
    ["Mutation.revokeToken", "bans:manage"],
    ["Query.apiKeys", "keys:manage"],
    ["Mutation.createApiKey", "keys:manage"],
    ["Mutation.revokeApiKey", "keys:manage"],
    ["Mutation.removeParticipant", "participants:manage"],
    ["Mutation.muteParticipant", "participants:manage"],
    ["Mutation.muteSession", "participants:manage"],
    ["Mutation.sendSignal", "participants:manage"],
    ["Mutation.setMaxParticipants", "participants:manage"],
  ])("opens %s to the scope %s, and to no other", (field, requiredScope) => {
    expect(() => checkScope(scoped(requiredScope), field)).not.toThrow();
    const others = SCOPES.filter((scope) => scope !== requiredScope).join(" ");
    expect(() => checkScope(scoped(others), field)).toThrow(
      forbidden(`${field} requires the scope ${requiredScope}`, { requiredScope }),
    );
  });

  it.each([
    "Query.node",
    "Query.videoCaller",
    "VideoCaller.can",
    "Query.videoProject",
    "Query._service",
  ] as const)("opens %s to a caller without any scope", (field) => {
    expect(() => checkScope(granted({}), field)).not.toThrow();
  });

  it("has no more fields than these", () => {
    expect(Object.keys(REQUIRED_SCOPE)).toHaveLength(35);
  });

  it.each(["Query.secrets", "", "constructor", "toString", "__proto__", "query.session"])(
    "opens %j to nobody, not even to who may do everything",
    (field) => {
      expect(() => checkScope(localCaller(), field)).toThrow(forbidden(`no caller may use ${field}`, {}));
    },
  );
});

describe("checkRole", () => {
  it("lets a caller grant the roles of its permissions", () => {
    expect(() => checkRole(granted({ roles: ["PUBLISHER_ONLY"] }), Role.PUBLISHER_ONLY)).not.toThrow();
  });

  it("does not take one role for another that is part of it", () => {
    const caller = granted({ roles: ["MODERATOR", "PUBLISHER"] });
    expect(() => checkRole(caller, Role.PUBLISHER_ONLY)).toThrow(
      forbidden("the caller may not grant the role PUBLISHER_ONLY", { requiredRole: "PUBLISHER_ONLY" }),
    );
  });
});

describe("sessions", () => {
  const claim = { sessions: ["1_mine"], names: ["lobby", "room-*"] };

  it.each<[string, string, string | null]>([
    ["have its ID", "1_mine", null],
    ["have its name", "1_other", "lobby"],
    ["have the beginning of its name", "1_other", "room-7"],
  ])("lets a caller use a session when its permissions %s", (_, sessionId, name) => {
    expect(mayUseSession(granted(claim), sessionId, name)).toBe(true);
    expect(() => checkSession(granted(claim), sessionId, name)).not.toThrow();
  });

  it.each<[string, string | null]>([
    ["1_other", null],
    ["1_other", "lobby2"],
    ["lobby", null],
    ["1_mine2", "1_mine"],
  ])("refuses a session that its permissions do not have: %s, named %s", (requiredSession, name) => {
    expect(mayUseSession(granted(claim), requiredSession, name)).toBe(false);
    expect(() => checkSession(granted(claim), requiredSession, name)).toThrow(
      forbidden("the caller may not use this session", { requiredSession }),
    );
  });

  it("lets a caller use what it has created in the same request", () => {
    const caller = granted({});
    caller.admitted.add("1_new");
    expect(mayUseSession(caller, "1_new", null)).toBe(true);
    expect(mayUseSession(caller, "1_other", null)).toBe(false);
  });

  it("asks for a session's name only when the name can decide", () => {
    const caller = granted(claim);
    caller.admitted.add("1_new");
    expect(needsSessionName(caller, "1_other")).toBe(true);
    expect(needsSessionName(caller, "1_mine")).toBe(false);
    expect(needsSessionName(caller, "1_new")).toBe(false);
    expect(needsSessionName(granted({ sessions: ["1_mine"] }), "1_other")).toBe(false);
    expect(needsSessionName(granted({ sessions: ["*"], names: ["lobby"] }), "1_other")).toBe(false);
  });

  it.each<[string, object, string]>([
    ["have it", claim, "lobby"],
    ["have its beginning", claim, "room-7"],
    ["have every name", { names: ["*"] }, "anything"],
    ["have every session", { sessions: ["*"] }, "anything"],
  ])("lets a caller use a name when its permissions %s", (_, video_grant, name) => {
    expect(() => checkName(granted(video_grant), name)).not.toThrow();
  });

  it.each<[object, string]>([
    [claim, "lobby2"],
    [claim, "room"],
    [claim, "1_mine"],
    [{ sessions: ["1_mine"] }, "1_mine"],
    [{}, ""],
  ])("refuses a name that its permissions do not have: %j, %s", (video_grant, requiredName) => {
    expect(() => checkName(granted(video_grant), requiredName)).toThrow(
      forbidden("the caller may not use this name", { requiredName }),
    );
  });

  it("lists the sessions of its permissions", () => {
    const caller = granted(claim);
    expect(listableSessions(caller)).toBe(caller.permissions.sessions);
  });
});

describe("a caller whose grant says who it is", () => {
  const caller = granted({ identity: "ada", data: "canary" });

  it("gets tokens with that identity and data", () => {
    expect([null, "ada"].map((asked) => boundIdentity(caller, asked))).toEqual(["ada", "ada"]);
    expect([null, "canary"].map((asked) => boundData(caller, asked))).toEqual(["canary", "canary"]);
  });

  it.each(["bob", "", "Ada"])("is refused the identity %j", (requiredIdentity) => {
    expect(() => boundIdentity(caller, requiredIdentity)).toThrow(
      forbidden("the caller's tokens have another identity", { requiredIdentity }),
    );
  });

  it.each(["other", ""])("is refused the data %j, and the error repeats none", (data) => {
    expect(() => boundData(caller, data)).toThrow(
      forbidden("the caller's tokens have other connection data", { requiredData: true }),
    );
  });

  it("is free to choose what the grant does not say, and bound to empty data", () => {
    expect([boundIdentity(granted({}), "bob"), boundIdentity(granted({}), null)]).toEqual(["bob", null]);
    expect([boundData(granted({}), "x"), boundData(granted({}), null)]).toEqual(["x", null]);
    expect(boundData(granted({ data: "" }), null)).toBe("");
    expect(() => boundData(granted({ data: "" }), "x")).toThrow();
  });
});

describe("checkOptions", () => {
  const caller = granted({ sessionOptions: { mediaMode: ["ROUTED"], e2ee: [] } });

  it("allows the values of the grant, options that it does not name, and those not requested", () => {
    expect(() => checkOptions(caller, {}, false)).not.toThrow();
    expect(() => checkOptions(caller, { mediaMode: null }, false)).not.toThrow();
    const options = { mediaMode: MediaMode.ROUTED, archiveMode: ArchiveMode.ALWAYS };
    expect(() => checkOptions(caller, options, false)).not.toThrow();
  });

  it.each([
    ["mediaMode", { mediaMode: MediaMode.RELAYED }],
    ["e2ee", { e2ee: false }],
  ])("refuses another %s", (requiredOption, options) => {
    expect(() => checkOptions(caller, options, false)).toThrow(
      forbidden(`the caller may not create sessions with this ${requiredOption}`, { requiredOption }),
    );
  });

  it("needs a scope for maxAge", () => {
    expect(() => checkOptions(scoped("sessions:replace"), {}, true)).not.toThrow();
    expect(() => checkOptions(scoped("sessions:create"), {}, true)).toThrow(
      forbidden("ensureSession(maxAge:) requires the scope sessions:replace", {
        requiredScope: "sessions:replace",
      }),
    );
  });
});

it("checkArgument needs the scope that it names", () => {
  expect(() => checkArgument(scoped("bans:manage"), "removeParticipant(ban:)")).not.toThrow();
  expect(() => checkArgument(scoped("participants:manage"), "removeParticipant(ban:)")).toThrow(
    forbidden("removeParticipant(ban:) requires the scope bans:manage", { requiredScope: "bans:manage" }),
  );
});

it("checkEverySession needs every session, and not only every name", () => {
  expect(() => checkEverySession(granted({ sessions: ["*"] }))).not.toThrow();
  expect(() => checkEverySession(granted({ names: ["*"], sessions: ["1_a"] }))).toThrow(
    forbidden("the caller may not use every session", { requiredSession: "*" }),
  );
});

describe("checkManages", () => {
  const isModerated = async (sessionId: string, identity: string) =>
    sessionId === "1_a" && identity === "ada";
  const caller = granted({ identity: "ada", manage: "as-moderator" });

  it("allows the sessions in which the identity is a moderator, and no other", async () => {
    await expect(checkManages(caller, "1_a", isModerated)).resolves.toBeUndefined();
    await expect(checkManages(caller, "1_b", isModerated)).rejects.toEqual(
      forbidden("the caller is no moderator in this session now", { requiredModerator: "1_b" }),
    );
  });

  it("asks nothing of other callers", async () => {
    const never = () => expect.unreachable();
    await expect(checkManages(granted({ identity: "bob" }), "1_b", never)).resolves.toBeUndefined();
  });
});

describe("checkLifetime", () => {
  it("allows what is as long as the limit, and anything without one", () => {
    expect(() => checkLifetime(granted({ maxLifetime: 60 }), 60)).not.toThrow();
    expect(() => checkLifetime(granted({}), 2_592_000)).not.toThrow();
  });

  it("refuses a second more", () => {
    expect(() => checkLifetime(granted({ maxLifetime: 60 }), 61)).toThrow(
      forbidden("the caller's tokens may live for at most 60 seconds; 61 were requested", {
        requiredLifetime: 61,
        maxLifetime: 60,
      }),
    );
  });
});

it("gives each local caller everything, and sessions of its own", () => {
  const caller = localCaller();
  expect(caller).toMatchObject({ id: "local", subject: "local", scopes: new Set(SCOPES) });
  expect(mayUseSession(caller, "1_any", null)).toBe(true);
  expect(caller.admitted).toEqual(new Set());
  expect(localCaller().admitted).not.toBe(caller.admitted);
});

it("grants a caller nothing that it does not claim", () => {
  expect(callerWith("key:1", "one", {})).toMatchObject({
    id: "key:1",
    subject: "one",
    scopes: new Set(),
    permissions: { roles: new Set(), sessions: { all: false }, maxLifetime: null },
    admitted: new Set(),
  });
});

it("says why a grant that cannot be read allows nothing, also of what is written in it", () => {
  const caller = granted({ roles: ["PUBLISHER"], sessions: ["1_x"], names: ["ok", "standup "] });
  const problem = "video_grant.names must not end in a space, U+0020";
  expect(() => checkRole(caller, Role.PUBLISHER)).toThrow(
    forbidden(`the caller may not grant the role PUBLISHER; ${problem}`, {
      requiredRole: "PUBLISHER",
      problem,
    }),
  );
  expect(() => checkName(caller, "ok")).toThrow(
    forbidden(`the caller may not use this name; ${problem}`, { requiredName: "ok", problem }),
  );
  expect(() => checkSession(caller, "1_x", null)).toThrow(
    forbidden(`the caller may not use this session; ${problem}`, { requiredSession: "1_x", problem }),
  );
});

it("says why a scope is missing, and not what is wrong with another", () => {
  const refused = (scope: unknown) => {
    try {
      checkScope(callerWith("key:1", "one", { scope }), "Mutation.createSession");
    } catch (error) {
      return error;
    }
    return expect.unreachable();
  };
  const requires = "Mutation.createSession requires the scope sessions:create";
  const requiredScope = "sessions:create";
  const nearly = '"session:create" is not a scope of this server; did you mean sessions:create?';
  expect(refused("session:create")).toEqual(
    forbidden(`${requires}; ${nearly}`, { requiredScope, problem: nearly }),
  );
  const type = "scope must be a string of scopes separated by spaces, or a list of scopes; it is a number";
  expect(refused(1)).toEqual(forbidden(`${requires}; ${type}`, { requiredScope, problem: type }));
  expect(refused("token:create")).toEqual(forbidden(requires, { requiredScope }));
});
