import { randomUUID } from "node:crypto";
import { type KyselyPlugin, sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TokenFormat } from "../../src/domain/connection-token.ts";
import { Role } from "../../src/domain/role.ts";
import { LedgerUnavailable } from "../../src/errors.ts";
import type { Database } from "../../src/store/engine.ts";
import { issuanceLedger } from "../../src/store/issuance-ledger.ts";
import { newDatabaseUrl, openStore } from "../support/stores.ts";

let passed = 0;
beforeEach(() => {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + passed);
});
afterEach(() => {
  passed = 0;
  vi.restoreAllMocks();
});

const issued = () => ({
  id: randomUUID(),
  sessionId: "1_a",
  role: Role.PUBLISHER,
  format: TokenFormat.JWT,
  issuedTo: "ann",
  issuedAt: new Date(),
  expiresAt: new Date(),
  identity: null,
  revokedAt: null,
  fingerprint: null,
});

/** A ledger in which a trial may succeed where a token fails, and the other way round. */
async function newLedger() {
  const { ledger, database } = await openStore(":memory:");
  const run = (text: string) => sql.raw(text).execute(database.kysely);
  const spoil = (whose: "tokens" | "trials") =>
    run(`CREATE TRIGGER spoilt_${whose} BEFORE INSERT ON issued_tokens
      WHEN new.session_id ${whose === "tokens" ? "NOT LIKE" : "LIKE"} 'trial%' BEGIN SELECT raise(abort, 'no'); END`);
  const issue = () => ledger.record([issued()]);
  return {
    spoil,
    repair: (whose: "tokens" | "trials") => run(`DROP TRIGGER spoilt_${whose}`),
    issue,
    fail: () => expect(issue()).rejects.toThrow(LedgerUnavailable),
    check: ledger.check,
  };
}

describe("the check of the ledger", () => {
  it("believes a commit for half a second, and then tries", async () => {
    const ledger = await newLedger();
    await ledger.issue();
    await ledger.spoil("trials");
    await ledger.check();
    passed += 400;
    await ledger.check();
    passed += 200;
    await expect(ledger.check()).rejects.toThrow(LedgerUnavailable);
    await ledger.repair("trials");
    await ledger.check();
  });

  it("believes a trial that succeeded for half a second, and none that failed", async () => {
    const ledger = await newLedger();
    await ledger.check();
    await ledger.spoil("trials");
    passed += 400;
    await ledger.check();
    passed += 200;
    await expect(ledger.check()).rejects.toMatchObject({ cause: { message: "no" } });
    await ledger.repair("trials");
    await ledger.check();
  });

  it("fails once tokens fail and none is recorded, though a trial succeeds, and recovers with the first that is", async () => {
    const ledger = await newLedger();
    await ledger.check();
    await ledger.spoil("tokens");
    await ledger.fail();
    await expect(ledger.check()).rejects.toMatchObject({ cause: { message: "no" } });
    passed += 1400;
    await expect(ledger.check()).rejects.toThrow(LedgerUnavailable);
    await ledger.repair("tokens");
    await ledger.issue();
    await ledger.check();
  });

  it("tries again where no token has failed for a second and a half", async () => {
    const ledger = await newLedger();
    await ledger.spoil("tokens");
    await ledger.fail();
    passed += 1400;
    await expect(ledger.check()).rejects.toThrow(LedgerUnavailable);
    passed += 200;
    await ledger.check();
  });

  it("does not fail for one that fails among many", async () => {
    const ledger = await newLedger();
    await ledger.issue();
    await ledger.spoil("tokens");
    await ledger.fail();
    await ledger.check();
    passed += 600;
    await expect(ledger.check()).rejects.toThrow(LedgerUnavailable);
  });
});

describe("the check of the ledger on PostgreSQL", () => {
  /** A server's database that stops, after so many statements, until it is thawed. */
  function freezing({ kysely, ...others }: Database, statements: number) {
    let thaw = () => {};
    let freeze = () => {};
    const thawed = new Promise<void>((resolve) => {
      thaw = resolve;
    });
    const frozen = new Promise<void>((resolve) => {
      freeze = resolve;
    });
    let asked = 0;
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        asked += 1;
        if (asked === statements) {
          freeze();
          await thawed;
        }
        return result;
      },
    };
    return { database: { ...others, kysely: kysely.withPlugin(plugin) }, frozen, thaw };
  }

  it("succeeds while another server is frozen at any of its statements", async () => {
    const url = await newDatabaseUrl("PostgreSQL");
    const [one, other] = [await openStore(url), await openStore(url)];
    for (let statements = 1, isFrozen = true; isFrozen; statements++) {
      const { database, frozen, thaw } = freezing(one.database, statements);
      const checked = issuanceLedger(database, {}).check();
      isFrozen = await Promise.race([frozen.then(() => true), checked.then(() => false)]);
      passed += 1000;
      await other.ledger.check().finally(thaw);
      await checked;
    }
  });
});

it("reports each commit, and each failure of one", async () => {
  const { database } = await openStore(":memory:");
  const told: unknown[] = [];
  const ledger = issuanceLedger(database, {
    onChange: (cause) => told.push(cause === null ? "works" : "fails"),
    onCommit: (records, milliseconds, done) => told.push([records, milliseconds >= 0, done]),
  });
  const record = () => ledger.record([issued(), issued()]).catch(() => {});
  await record();
  await sql`alter table issued_tokens rename to elsewhere`.execute(database.kysely);
  await record();
  await record();
  await sql`alter table elsewhere rename to issued_tokens`.execute(database.kysely);
  await record();
  expect(told).toEqual([
    [2, true, true],
    [2, true, false],
    "fails",
    [2, true, false],
    [2, true, true],
    "works",
  ]);
});
