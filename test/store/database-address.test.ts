import { describe, expect, it } from "vitest";
import { describeAddress, parseDatabaseUrl } from "../../src/store/database-address.ts";

const PASSWORD = "canary-password";

describe("the URL of a database", () => {
  it.each([
    [
      "postgres://u:p%40,%2F@a:5433,b/db",
      ["postgres://u:p%40,%2F@a:5433/db", "postgres://u:p%40,%2F@b/db"],
      "a:5433,b/db",
    ],
    [
      "postgres://u:p,q@[::1]:5432,[fe80::1]/db",
      ["postgres://u:p,q@[::1]:5432/db", "postgres://u:p,q@[fe80::1]/db"],
      "[::1]:5432,[fe80::1]/db",
    ],
    [
      "postgres://a,b,c/db?sslmode=verify-full",
      ["a", "b", "c"].map((host) => `postgres://${host}/db?sslmode=verify-full`),
      "a,b,c/db",
    ],
    ["postgresql://u:p@one/db", ["postgresql://u:p@one/db"], "one/db"],
    ["postgres:///db?host=/tmp", ["postgres:///db?host=/tmp"], "/db"],
  ])("%s has its hosts, and is described without its password", (url, urls, description) => {
    const address = parseDatabaseUrl(url);
    expect(address).toEqual({ engine: "postgres", urls, target: "read-write" });
    expect(describeAddress(address)).toBe(description);
  });

  it.each([
    ["read-write", "read-write"],
    ["primary", "read-write"],
    ["any", "any"],
  ])("takes target_session_attrs=%s", (value, target) => {
    expect(parseDatabaseUrl(`postgres://a,b/db?target_session_attrs=${value}`)).toMatchObject({ target });
  });

  it.each(["read-only", "standby", "prefer-standby", "", PASSWORD])(
    "refuses target_session_attrs=%s",
    (value) => {
      const url = `postgres://u:${PASSWORD}@a,b/db?target_session_attrs=${value}`;
      expect(() => parseDatabaseUrl(url)).toThrow(
        /^must have target_session_attrs=read-write or primary, or leave it out: Stagepass writes, which a standby refuses$/,
      );
    },
  );

  it.each([
    `postgres://u:${PASSWORD}@a,/db`,
    `postgres://u:${PASSWORD}@,b/db`,
    "postgres://a,/db",
    `postgres://u:${PASSWORD}@a,b:port/db`,
    `postgres://u:${PASSWORD}@a,b:65536/db`,
    `postgres://u:${PASSWORD}@a,b`,
    `postgres://u:${PASSWORD}@a,b/`,
    `postgres://u:x/${PASSWORD}@a,b/db`,
    `postgres://u:x?${PASSWORD}@a,b/db`,
    `postgres://u:${PASSWORD},a/db`,
  ])("refuses %s with the rule, and repeats nothing of it", (url) => {
    expect(() => parseDatabaseUrl(url)).toThrow(
      /^must be a URL such as .+ with several hosts, with the user and the password percent-encoded$/,
    );
    expect(() => parseDatabaseUrl(url)).not.toThrow(PASSWORD);
  });
});
