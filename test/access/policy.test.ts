import { describe, expect, it } from "vitest";
import { type Caller, callerWith, localCaller } from "../../src/access/caller.ts";
import {
  checkLifetime,
  checkName,
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
  ])("opens %s to the scope %s, and to no other", (field, requiredScope) => {
    expect(() => checkScope(scoped(requiredScope), field)).not.toThrow();
    const others = SCOPES.filter((scope) => scope !== requiredScope).join(" ");
    expect(() => checkScope(scoped(others), field)).toThrow(
      forbidden(`${field} requires the scope ${requiredScope}`, { requiredScope }),
    );
  });

  it.each(["Query.node", "Query.videoCaller", "Query.videoProject", "Query._service"] as const)(
    "opens %s to a caller without any scope",
    (field) => {
      expect(() => checkScope(granted({}), field)).not.toThrow();
    },
  );

  it("has no more fields than these", () => {
    expect(Object.keys(REQUIRED_SCOPE)).toHaveLength(21);
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
