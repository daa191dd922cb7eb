import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { TokenFormat } from "../../src/domain/connection-token.ts";
import { Role } from "../../src/domain/role.ts";
import { MediaMode, sessionKnownById } from "../../src/domain/session.ts";
import { ALL_SESSIONS } from "../../src/domain/session-selection.ts";
import { jsonLine } from "../../src/domain/text.ts";
import { openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { DumpError, type DumpSummary, dump, load } from "../../src/store/dump.ts";
import { ENGINES, newDatabaseUrl, openStore } from "../support/stores.ts";

type OpenStore = Awaited<ReturnType<typeof openStore>>;
type StoreAt = Awaited<ReturnType<typeof newStore>>;

const PROJECT = "12345678";
const now = new Date("2026-11-24T09:30:00.123Z");
/** What JSON, SQL and lines each have a meaning of their own for. */
const ODD = "Übung 🎥 'quoted' \"twice\" \\ \u2028 \u2029 %_";

/** Some of everything, more of it than goes in one step. */
async function fill({ sessions, names, ledger, apiKeys, bans }: OpenStore): Promise<void> {
  const known = (id: string) =>
    sessionKnownById(id, { owner: PROJECT, location: "203.0.113.7", createdAt: now });
  for (let i = 0; i < 5; i++) await sessions.add(known(`1_${i}`));
  await sessions.add({ ...known("1_routed"), mediaMode: MediaMode.ROUTED, archiveName: ODD, e2ee: true });
  const lease = (await names.lease(PROJECT, ODD, null, 60_000)) ?? "";
  await names.assign(lease, { ...known("1_named"), name: ODD });
  await names.lease(PROJECT, "only leased", null, 60_000);
  await ledger.record(
    Array.from({ length: 1201 }, (_, i) => ({
      id: `id-${i}`,
      sessionId: `1_${i % 5}`,
      role: Role.PUBLISHER_ONLY,
      format: i % 2 ? TokenFormat.JWT : TokenFormat.T1,
      issuedTo: ODD,
      issuedAt: now,
      expiresAt: new Date(now.getTime() + i),
      identity: i % 2 ? ODD : null,
      revokedAt: null,
      fingerprint: i % 3 ? "AAAAAAAAAAAAAAAAAAAAAA" : null,
    })),
  );
  const key = { digest: "00".repeat(32), claims: { scope: "ledger:read" }, createdAt: now };
  await apiKeys.add({ ...key, id: "0000000a", name: "web", revokedAt: now });
  await apiKeys.add({ ...key, id: "0000000b", name: "web", revokedAt: null, expiresAt: now });
  await apiKeys.use("0000000b");
  await sessions.limit("1_routed", 7);
  await ledger.revoke("id-6");
  const ban = { identity: null, fingerprint: null, sessionId: "1_0", until: null, createdBy: ODD };
  await bans.add({ ...ban, identity: ODD, sessionId: null, until: now });
  await bans.add({ ...ban, fingerprint: "AAAAAAAAAAAAAAAAAAAAAA" });
  await bans.lift((await bans.add({ ...ban, identity: "user-42" })).id);
}

async function dumped({ database }: OpenStore): Promise<{ lines: string[]; summary: DumpSummary }> {
  let text = "";
  const write = async (lines: string) => {
    text += lines;
  };
  const summary = await dump(database.kysely, now, write, () => {});
  return { lines: text.trimEnd().split("\n"), summary };
}

/** Loads a dump as `stagepass import` does: without the deadline of requests, where another connection can be opened. */
async function loadLines({ database, url }: StoreAt, lines: readonly string[]) {
  const maintenance = url.startsWith("postgres") ? await openForMaintenance(parseDatabaseUrl(url)) : null;
  const { kysely } = maintenance ?? database;
  try {
    return await load(kysely, Readable.from(lines), () => {});
  } finally {
    await maintenance?.kysely.destroy();
  }
}

async function newStore(engine: (typeof ENGINES)[number]) {
  const url = await newDatabaseUrl(engine);
  return { ...(await openStore(url)), url };
}

const moves = ENGINES.flatMap((from) => ENGINES.map((to) => [from, to] as const));

describe.each(moves)("a dump of %s in %s", (from, to) => {
  it("is everything that there was, in the same order", async () => {
    const [source, target] = [await newStore(from), await newStore(to)];
    await fill(source);
    const { lines, summary } = await dumped(source);
    expect(Object.entries(summary).map(([table, { rows }]) => [table, rows])).toEqual([
      ["sessions", 7],
      ["session_names", 1],
      ["api_keys", 2],
      ["issued_tokens", 1201],
      ["bans", 3],
    ]);
    expect(lines).toHaveLength(1 + 7 + 1 + 2 + 1201 + 3 + 1);
    expect(await loadLines(target, lines)).toEqual(summary);
    expect((await dumped(target)).lines).toEqual(lines);

    const everything = async ({ sessions, names, ledger, apiKeys, bans }: OpenStore) => ({
      sessions: (await sessions.list(PROJECT, ALL_SESSIONS, 100, null)).map(({ session }) => session),
      named: (await names.find(PROJECT, ODD)).current?.session,
      issued: (await ledger.newest(["1_1"], 2000, null)).map(({ issued }) => issued),
      keys: await apiKeys.list(),
      bans: (await bans.list({}, 100, null)).map(({ ban }) => ban),
    });
    expect(await everything(target)).toEqual(await everything(source));
    // Whoever was about to create a session does not do so in the new place.
    expect(await target.names.find(PROJECT, "only leased")).toEqual({
      assigned: null,
      current: null,
      leased: false,
    });
  });
});

/** The columns that each version added. */
const ADDED: Readonly<Record<number, Readonly<Record<string, readonly string[]>>>> = {
  2: { api_keys: ["last_used_at", "expires_at"] },
  3: { issued_tokens: ["identity", "data_fingerprint"] },
  4: { sessions: ["max_participants"], issued_tokens: ["revoked_at"] },
};

/** The dump as an earlier version would have written it. */
function asVersion(version: number, lines: readonly string[]): string[] {
  const rows = lines
    .slice(0, -1)
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => version >= 4 || kind !== "bans");
  for (const [later, tables] of Object.entries(ADDED)) {
    if (Number(later) <= version) continue;
    for (const row of rows) for (const column of tables[row.kind] ?? []) delete row[column];
  }
  rows[0].version = version;
  const end = JSON.parse(lines.at(-1) ?? "");
  if (version < 4) delete end.tables.bans;
  for (const [table, summary] of Object.entries<Record<string, unknown>>(end.tables)) {
    const own = rows.filter(({ kind }) => kind === table).map(jsonLine);
    summary.sha256 = createHash("sha256").update(own.join("")).digest("hex");
  }
  return [...rows, end].map((row) => jsonLine(row).trimEnd());
}

describe("a dump", () => {
  it("of version 1 goes in, and its API keys never expire", async () => {
    const [source, target] = [await newStore("SQLite in memory"), await newStore("SQLite in memory")];
    await fill(source);
    const older = asVersion(1, (await dumped(source)).lines);
    expect(older[9]).not.toContain("expires_at");
    await loadLines(target, older);
    const never = { expiresAt: null, isExpired: false, lastUsedAt: null, isUsedThisHour: false };
    const expected = (await source.apiKeys.list()).map((key) => ({ ...key, ...never }));
    expect(await target.apiKeys.list()).toEqual(expected);
    // No version that there is may leave a column out.
    for (const later of [2, 3, 4]) {
      const mixed = older.map((line, i) =>
        i === 0 ? line.replace('"version":1', `"version":${later}`) : line,
      );
      await expect(loadLines(await newStore("SQLite in memory"), mixed)).rejects.toThrow(
        /it is not a valid row/,
      );
    }
  });

  it("of version 2 goes in, and its tokens are for nobody in particular", async () => {
    const [source, target] = [await newStore("SQLite in memory"), await newStore("SQLite in memory")];
    await fill(source);
    const older = asVersion(2, (await dumped(source)).lines);
    expect(older[9]).toContain("expires_at");
    await loadLines(target, older);
    const [newest] = await target.ledger.newest(["1_1"], 1, null);
    expect(newest?.issued).toMatchObject({ issuedTo: ODD, identity: null, fingerprint: null });
    expect(await target.apiKeys.list()).toEqual(await source.apiKeys.list());
  });

  it("of version 3 goes in, and nobody is kept out", async () => {
    const [source, target] = [await newStore("SQLite in memory"), await newStore("SQLite in memory")];
    await fill(source);
    await loadLines(target, asVersion(3, (await dumped(source)).lines));
    expect(await target.ledger.revoked(["id-6"])).toEqual(new Set());
    expect(await target.bans.list({}, 10, null)).toEqual([]);
    expect((await target.sessions.findMany(["1_routed"]))[0]?.maxParticipants).toBeNull();
  });

  it("goes on being written to in the new place", async () => {
    const [source, target] = [await newStore("SQLite in memory"), await newStore("PostgreSQL")];
    await fill(source);
    await loadLines(target, (await dumped(source)).lines);
    const one = sessionKnownById("1_new", { owner: PROJECT, location: null, createdAt: now });
    await target.sessions.add(one);
    const [newest] = await target.sessions.list(PROJECT, ALL_SESSIONS, 1, null);
    expect(newest?.session).toEqual({ ...one, createdHere: true });
  });

  it("is of one instant, though it is written to meanwhile", async () => {
    const url = await newDatabaseUrl("PostgreSQL");
    const [source, writer] = [await openStore(url), await openStore(url)];
    await fill(source);
    let added = 0;
    const write = async (lines: string) => {
      // The instant is that of the first row.
      if (lines.startsWith('{"kind":"stagepass"')) return;
      await writer.apiKeys.add({
        id: `${added}`.padStart(8, "0"),
        name: `later ${added}`,
        digest: "",
        claims: {},
        createdAt: now,
        revokedAt: null,
      });
      added += 1;
    };
    const summary = await dump(source.database.kysely, now, write, () => {});
    expect(added).toBeGreaterThan(3);
    expect(summary.api_keys?.rows).toBe(2);
  });

  it("goes only into an empty database", async () => {
    const store = await newStore("SQLite in memory");
    await fill(store);
    await expect(loadLines(store, (await dumped(store)).lines)).rejects.toThrow(
      new DumpError("the database must be empty, but sessions has rows"),
    );
  });

  const damages: [string, (lines: string[]) => string[], RegExp][] = [
    ["is cut off", (lines) => lines.slice(0, -1), /the end of the dump is missing/],
    ["is empty", () => [], /the end of the dump is missing/],
    [
      "is cut off in a line",
      (lines) => [...lines.slice(0, 9), "{"],
      /^line 10 of the dump: it is not a JSON/,
    ],
    ["lacks a row", (lines) => lines.filter((_, i) => i !== 20), /^issued_tokens: .*1201 rows.*1200 rows/],
    [
      "has a row twice",
      (lines) => [...lines.slice(0, 21), ...lines.slice(20)],
      /^issued_tokens: .*1202 rows/,
    ],
    ["was changed", (lines) => lines.map((line) => line.replace('id-7"', 'id-8"')), /^issued_tokens: /],
    [
      "has rows in another order",
      (lines) => [...lines.slice(0, 20), lines[21] ?? "", lines[20] ?? "", ...lines.slice(22)],
      /^issued_tokens: /,
    ],
    [
      "has a column that is unknown",
      (lines) => lines.map((line) => line.replace('"issued_to"', '"secret"')),
      /^line 12 of the dump: it is not a valid row/,
    ],
    [
      "has a table that is unknown",
      (lines) => lines.map((line) => line.replace('"issued_tokens"', '"kysely_migration"')),
      /^line 12 of the dump: it is not a valid row/,
    ],
    [
      "is of a later version",
      (lines) => lines.map((l) => l.replace('"version":4', '"version":5')),
      /^line 1 /,
    ],
    ["is something else", () => ["hello"], /^line 1 of the dump: it is not a JSON/],
    ["goes on after its end", (lines) => [...lines, lines[1] ?? ""], /it follows the end of the dump/],
  ];
  it.each(damages)("that %s is refused, and nothing of it is kept", async (_, damage, message) => {
    const [source, target] = [await newStore("SQLite in memory"), await newStore("SQLite in memory")];
    await fill(source);
    const { lines } = await dumped(source);
    const error = await loadLines(target, damage(lines)).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DumpError);
    expect((error as Error).message).toMatch(message);
    expect((await dumped(target)).lines).toHaveLength(2);
  });
});
