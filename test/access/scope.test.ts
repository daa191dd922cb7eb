import { describe, expect, it } from "vitest";
import { readScopes, SCOPES } from "../../src/access/scope.ts";

const parseScopes = (claim: unknown) => readScopes([["scope", claim]]).scopes;
const problemsOf = (claim: unknown, prefix?: string) =>
  readScopes([["scope", claim]], prefix).problems.map(({ says }) => says);

describe("readScopes", () => {
  it("knows nine scopes, by the names that API clients write", () => {
    expect(SCOPES).toEqual([
      "sessions:create",
      "sessions:read",
      "tokens:create",
      "tokens:inspect",
      "ledger:read",
      "participants:read",
      "participants:manage",
      "bans:manage",
      "sessions:replace",
      "keys:manage",
    ]);
    expect([...parseScopes(SCOPES.join(" "))]).toEqual([...SCOPES]);
  });

  it.each<[string, string | string[], string[]]>([
    ["a list", ["tokens:create", "openid", "sessions:read"], ["sessions:read", "tokens:create"]],
    ["a list of texts with spaces", ["tokens:create sessions:read"], ["sessions:read", "tokens:create"]],
    ["an empty list", [], []],
    ["one", "tokens:create", ["tokens:create"]],
    ["several, in any order", "tokens:create sessions:read", ["sessions:read", "tokens:create"]],
    ["one twice", "tokens:create tokens:create", ["tokens:create"]],
    ["those of another service beside ours", "openid tokens:create email", ["tokens:create"]],
    ["more than one space", "  tokens:create   sessions:read ", ["sessions:read", "tokens:create"]],
  ])("reads %s", (_, claim, scopes) => {
    expect([...parseScopes(claim)]).toEqual(scopes);
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["an empty string", ""],
    ["a number", 1],
    ["an object with a split of its own", { split: () => ["tokens:create"] }],
    ["another case", "TOKENS:CREATE"],
    ["the beginning of a name", "tokens"],
    ["more than a name", "tokens:create:all"],
    ["commas between the names", "tokens:create,sessions:read"],
    ["a tab between the names", "tokens:create\tsessions:read"],
    ["a wildcard", "* tokens:*"],
  ])("finds no scope in %s", (_, claim) => {
    expect(parseScopes(claim).size).toBe(0);
  });
});

describe("several claims", () => {
  it("count together", () => {
    const { scopes, problems } = readScopes([
      ["scope", "openid sessions:create"],
      ["scp", ["tokens:create"]],
      ["permissions", undefined],
    ]);
    expect([...scopes]).toEqual(["sessions:create", "tokens:create"]);
    expect(problems).toEqual([]);
  });

  it("leave out the one that cannot be read", () => {
    const { scopes, problems } = readScopes([
      ["scope", "sessions:create"],
      ["scp", { tokens: "create" }],
      ["permissions", ["ledger:read", 7]],
    ]);
    expect([...scopes]).toEqual(["sessions:create"]);
    const rule = "must be a string of scopes separated by spaces, or a list of scopes;";
    expect(problems.map(({ says }) => says)).toEqual([
      `scp ${rule} it is an object`,
      `permissions ${rule} its entry 2 is a number`,
    ]);
  });
});

describe("a prefix", () => {
  it("is cut off, and without it a name does not count", () => {
    const claim = "stagepass/sessions:create tokens:create other/ledger:read";
    const { scopes, problems } = readScopes([["scope", claim]], "stagepass/");
    expect([...scopes]).toEqual(["sessions:create"]);
    expect(problems.map(({ says }) => says)).toEqual([
      "the scope tokens:create lacks the prefix in AUTH_SCOPE_PREFIX",
      'the scope ledger:read has the prefix "other/"; set AUTH_SCOPE_PREFIX to it',
    ]);
  });
});

describe("a name that is nearly one of ours", () => {
  it.each<[string, string]>([
    ["session:create", '"session:create" is not a scope of this server; did you mean sessions:create?'],
    ["SESSIONS:CREATE", '"SESSIONS:CREATE" is not a scope of this server; did you mean sessions:create?'],
    ["sessions.create", '"sessions.create" is not a scope of this server; did you mean sessions:create?'],
    ["create:sessions", '"create:sessions" is not a scope of this server; did you mean sessions:create?'],
    ["participant:read", '"participant:read" is not a scope of this server; did you mean participants:read?'],
    ["token:inspect", '"token:inspect" is not a scope of this server; did you mean tokens:inspect?'],
    [
      "stagepass/sessions:create",
      'the scope sessions:create has the prefix "stagepass/"; set AUTH_SCOPE_PREFIX to it',
    ],
    ["sessions:create,openid", "scopes must be separated by spaces"],
    ["sessions:create\topenid", "scopes must be separated by spaces"],
    [
      `api://${"1b2c".repeat(9)}/ledger:read`,
      `the scope ledger:read has the prefix "${`api://${"1b2c".repeat(9)}`.slice(0, 30)}…"; set AUTH_SCOPE_PREFIX to it`,
    ],
  ])("%s is said", (claim, says) => {
    expect(parseScopes(claim).size).toBe(0);
    expect(problemsOf(claim)).toEqual([says]);
  });

  it.each([
    "openid profile email",
    "tokens:delete",
    "sessions:update",
    "users:read",
    "a".repeat(500),
    "*",
    "",
  ])("%s is not", (claim) => expect(problemsOf(claim)).toEqual([]));

  it("is no problem where the caller has the scope", () => {
    expect(problemsOf("sessions:create session:create other/sessions:create")).toEqual([]);
  });

  it("is said once for each scope, of the first hundred names", () => {
    expect(problemsOf("session:create sesions:create")).toHaveLength(1);
    const others = (number: number) =>
      `${Array.from({ length: number }, (_, i) => `x${i}`).join(" ")} session:create`;
    expect(problemsOf(others(99))).toHaveLength(1);
    expect(problemsOf(others(100))).toHaveLength(0);
  });
});
