import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { DatabaseUnavailable, reasonOf, StartupError } from "../../src/errors.ts";
import { openDatabase, openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import { DATABASE_PASSWORD, freePort, startPostgres } from "../support/postgres.ts";
import { failureOf, newUrl, openWith } from "../support/postgres-connections.ts";
import { migrateUrl } from "../support/stores.ts";

describe("the password of the database is said by no error", () => {
  let right = "";
  beforeAll(async () => {
    right = await newUrl({ bare: true });
  });

  it.each<[string, (url: URL) => unknown, RegExp]>([
    [
      "it is wrong",
      (url) => Object.assign(url, { password: `${DATABASE_PASSWORD}-not` }),
      /password authentication failed for user "stagepass"; check the user and the password in DATABASE_URL; percent-encode both$/,
    ],
    [
      "the user is unknown",
      (url) => Object.assign(url, { username: "nobody" }),
      /password authentication failed for user "nobody"; check the user and the password in DATABASE_URL; percent-encode both$/,
    ],
    [
      "the database does not exist",
      (url) => Object.assign(url, { pathname: "/nowhere" }),
      /database "nowhere" does not exist; create it with createdb, or use another database$/,
    ],
    [
      "nobody listens at the port",
      async (url) => Object.assign(url, { port: String(await freePort()) }),
      /connect ECONNREFUSED 127\.0\.0\.1:\d+; start PostgreSQL there, or correct the host or the port in DATABASE_URL$/,
    ],
    [
      "the host does not exist",
      (url) => Object.assign(url, { hostname: "nohost.invalid" }),
      /getaddrinfo \w+ nohost\.invalid; correct the host name in DATABASE_URL/,
    ],
    [
      "TLS is not to be had",
      (url) => url.searchParams.set("sslmode", "no-verify"),
      /does not support SSL connections; turn on TLS in PostgreSQL, or use sslmode=disable on a private network$/,
    ],
    [
      "a parameter's file does not exist",
      (url) => url.searchParams.set("sslrootcert", "/nowhere.pem"),
      /: sslrootcert=\/nowhere\.pem cannot be read: ENOENT$/,
    ],
    [
      "a parameter is unknown to PostgreSQL",
      (url) => url.searchParams.set("options", "-c nothing=1"),
      /unrecognized configuration parameter "nothing"$/,
    ],
    [
      "there is none",
      (url) => Object.assign(url, { password: "" }),
      /; add the password to DATABASE_URL: user:password@host$/,
    ],
  ])("when %s", async (_, change, reason) => {
    const changed = new URL(right);
    await change(changed);
    const url = changed.href;
    for (const open of [openDatabase, openForMaintenance]) {
      const error = await failureOf(open(parseDatabaseUrl(url)));
      expect(error).toBeInstanceOf(StartupError);
      expect((error as StartupError).problems).toEqual([error.message]);
      expect(error.message).toMatch(/^DATABASE_URL: .+$/);
      expect(error.message).toMatch(reason);
      expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain(DATABASE_PASSWORD);
    }
  });

  it("when PostgreSQL is killed", async () => {
    // A small one of its own, which is soon itself again.
    const postgres = await startPostgres();
    onTestFinished(postgres.stop);
    const url = await postgres.createDatabase();
    await migrateUrl(url);
    const lost: string[] = [];
    const database = await openWith(url, { onLost: (reason) => lost.push(reason) });
    const store = sqlStore(database);
    // Two connections, of which one is then in use.
    await Promise.all([store.ping(), store.ping()]);
    const cutOff = failureOf(sql`select pg_sleep(1.5)`.execute(database.kysely));
    await sleep(200);
    await postgres.kill();
    try {
      await expect.poll(() => lost).toEqual([expect.stringContaining("terminat")]);
      const refused = await failureOf(store.ping());
      for (const error of [await cutOff, refused]) {
        expect(error).toBeInstanceOf(DatabaseUnavailable);
        expect(reasonOf(error)).toMatch(/ECONNREFUSED|terminat/);
        expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(DATABASE_PASSWORD);
      }
    } finally {
      await postgres.start();
    }
    await store.ping();
  });
});
