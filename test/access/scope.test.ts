import { describe, expect, it } from "vitest";
import { parseScopes, SCOPES } from "../../src/access/scope.ts";

describe("parseScopes", () => {
  it("knows five scopes, by the names that API clients write", () => {
    expect(SCOPES).toEqual([
      "sessions:create",
      "sessions:read",
      "tokens:create",
      "tokens:inspect",
      "ledger:read",
    ]);
    expect([...parseScopes(SCOPES.join(" "))]).toEqual([...SCOPES]);
  });

  it.each<[string, string, string[]]>([
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
    ["a list", ["tokens:create"]],
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
