import { userInfo } from "node:os";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { describeAddress, parseDatabaseUrl } from "../../src/store/database-address.ts";

const PASSWORD = "canary-password";

const at = (host: string, port = 5432) => ({ host, port });

describe("the URL of a database", () => {
  it.each([
    ["postgres://u:p%40,%2F@a:5433,b/db", [at("a", 5433), at("b")], "a:5433,b/db"],
    ["postgres://u:p,q@[::1]:5432,[fe80::1]/db", [at("::1"), at("fe80::1")], "[::1],[fe80::1]/db"],
    ["postgres://a,b,c/db?sslmode=verify-full", [at("a"), at("b"), at("c")], "a,b,c/db"],
    ["postgresql://u:p@one/db", [at("one")], "one/db"],
    ["postgres:///db?host=/tmp", [at("/tmp")], "[/tmp]/db"],
    ["postgres://u:p@/db?host=/cloudsql/my:eu:one", [at("/cloudsql/my:eu:one")], "[/cloudsql/my:eu:one]/db"],
    [
      "postgres://u:p@localhost/db?host=/cloudsql/my:eu:one",
      [at("/cloudsql/my:eu:one")],
      "[/cloudsql/my:eu:one]/db",
    ],
    ["postgresql://%2Fvar%2Frun%2Fpostgresql/db", [at("/var/run/postgresql")], "[/var/run/postgresql]/db"],
    ["postgresql://%2Ftmp:5433/db", [at("/tmp", 5433)], "[/tmp]:5433/db"],
    ["postgres:///db?host=/a,/b&port=1,2", [at("/a", 1), at("/b", 2)], "[/a]:1,[/b]:2/db"],
    ["postgres://a,b/db?port=5433", [at("a", 5433), at("b", 5433)], "a:5433,b:5433/db"],
    ["postgres://a/?dbname=db&user=u&password=p", [at("a")], "a/db"],
  ])("%s has its hosts, and is described without its password", (url, hosts, description) => {
    const address = parseDatabaseUrl(url);
    expect(address).toMatchObject({ engine: "postgres", hosts, database: "db", target: "read-write" });
    expect(describeAddress(address)).toBe(description);
  });

  it("is decoded: the user, the password and the database", () => {
    expect(
      parseDatabaseUrl("postgres://a%40b:p%2F%40%3A%25@h/d%23%20b?application_name=x%20y&options=-c%20a%3Db"),
    ).toMatchObject({
      user: "a@b",
      password: "p/@:%",
      database: "d# b",
      settings: { application_name: "x y", options: "-c a=b" },
    });
  });

  it("has the user of the operating system where it names none, whatever USER says, and no password", () => {
    expect(parseDatabaseUrl("postgres://h/db")).toMatchObject({ user: userInfo().username, password: null });
  });

  it.each([
    ["", null],
    ["sslmode=disable", null],
    ["sslmode=prefer", { verifies: "host", direct: false }],
    ["sslmode=require", { verifies: "host", direct: false }],
    ["sslmode=verify-ca", { verifies: "host", direct: false }],
    ["sslmode=verify-full", { verifies: "host", direct: false }],
    ["sslmode=no-verify", { verifies: "nothing", direct: false }],
    ["sslrootcert=/ca", { verifies: "host", sslrootcert: "/ca", direct: false }],
    ["sslmode=verify-full&sslnegotiation=direct", { verifies: "host", direct: true }],
    [
      "sslmode=no-verify&sslcert=/c&sslkey=/k",
      { verifies: "nothing", sslcert: "/c", sslkey: "/k", direct: false },
    ],
    ["uselibpqcompat=true&sslmode=disable", null],
    ["uselibpqcompat=true&sslmode=prefer", { verifies: "nothing", direct: false }],
    ["uselibpqcompat=true&sslmode=require", { verifies: "nothing", direct: false }],
    [
      "uselibpqcompat=true&sslmode=require&sslrootcert=/ca",
      { verifies: "ca", sslrootcert: "/ca", direct: false },
    ],
    [
      "uselibpqcompat=true&sslmode=verify-ca&sslrootcert=/ca",
      { verifies: "ca", sslrootcert: "/ca", direct: false },
    ],
    ["uselibpqcompat=true&sslmode=verify-full", { verifies: "host", direct: false }],
  ])("says with %s what TLS verifies", (query, tls) => {
    expect(parseDatabaseUrl(`postgres://h/db?${query}`)).toMatchObject({ tls });
  });

  it.each([
    ["file:./a b.db", resolve("a b.db")],
    ["file:a.db", resolve("a.db")],
    ["file:../x/./a.sqlite", resolve("../x/a.sqlite")],
    ["file:/var/lib/a~b.db", "/var/lib/a~b.db"],
    ["file:///var/lib/100%25%3F.db", "/var/lib/100%?.db"],
    ["file://localhost/var/lib/a.db", "/var/lib/a.db"],
    ["file:./100%.db", resolve("100%.db")],
    ["file:./..data", resolve("..data")],
  ])("%s is of an absolute path", (url, file) => {
    expect(parseDatabaseUrl(url)).toEqual({ engine: "sqlite", file });
  });

  it.each([
    ["read-write", "read-write"],
    ["primary", "read-write"],
    ["any", "any"],
  ])("takes target_session_attrs=%s", (value, target) => {
    expect(parseDatabaseUrl(`postgres://a,b/db?target_session_attrs=${value}`)).toMatchObject({ target });
  });

  it.each(["read-only", "standby", "prefer-standby", PASSWORD])(
    "refuses target_session_attrs=%s",
    (value) => {
      const url = `postgres://u:${PASSWORD}@a,b/db?target_session_attrs=${value}`;
      expect(() => parseDatabaseUrl(url)).toThrow(
        /^target_session_attrs must be read-write or primary, because Stagepass writes; otherwise remove it$/,
      );
    },
  );

  it.each([
    `postgres://u:${PASSWORD}@a,/db`,
    `postgres://u:${PASSWORD}@,b/db`,
    "postgres://a,/db",
    `postgres://u:${PASSWORD}@a,b:port/db`,
    `postgres://u:${PASSWORD}@a,b:65536/db`,
    `postgres://u:${PASSWORD}@a,b/db/x`,
    `postgres://u:${PASSWORD}@a:0/db`,
    `postgres:///db?host=/tmp,`,
    `postgres://u:x/${PASSWORD}@a,b/db`,
    `postgres://u:x?${PASSWORD}@a,b/db`,
    `postgres://u:${PASSWORD},a/db`,
  ])("refuses %s with the rule, and repeats nothing of it", (url) => {
    expect(() => parseDatabaseUrl(url)).toThrow(
      /^must be a URL such as .+, with the user and the password percent-encoded \(several hosts: .+\)$/,
    );
    expect(() => parseDatabaseUrl(url)).not.toThrow(PASSWORD);
  });
});
