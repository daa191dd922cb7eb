import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import { failuresOf, readOptions, slopeOf } from "../../bench/soak/verdict.js";
import { openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import { atOnce } from "../support/at-once.ts";
import { checkForSecrets } from "../support/credentials.ts";
import { LONG } from "../support/long.ts";
import { CLI } from "../support/process.ts";
import { migrateUrl, newDatabaseUrl } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("the verdict of a soak", () => {
  const GOOD = { failed: 0, reasons: [], delivered: 1000, missing: 0, slope: 1 };
  const pointsOf = (megabytesAt: (minutes: number, i: number) => number) =>
    Array.from({ length: 16 }, (_, i) => ({ minutes: 4 + i, megabytes: megabytesAt(4 + i, i) }));

  it.each([
    ["is level", () => 150, 0],
    ["grows", (minutes: number) => 150 + 1.5 * minutes, 1.5],
    ["shrinks", (minutes: number) => 150 - minutes, -1],
    ["is a sawtooth", (_: number, i: number) => 150 + 20 * (i % 2), 0.24],
    ["grows in its last minutes", (minutes: number) => 150 + 30 * Math.max(0, minutes - 16), 3.6],
  ])("knows the slope of memory that %s", (_, megabytesAt, slope) => {
    expect(slopeOf(pointsOf(megabytesAt))).toBeCloseTo(slope, 1);
  });

  it.each([
    [{}, []],
    [{ slope: 1.01 }, ["memory: grows by 1.01 MB a minute; at most 1 is allowed"]],
    [
      { slope: slopeOf([{ minutes: 1, megabytes: 1 }]) },
      ["memory: the soak was too short to measure its growth"],
    ],
    [{ missing: 1 }, ["ledger: 1 of 1000 delivered tokens are not on the ledger"]],
    [{ delivered: 0 }, ["ledger: no token was delivered"]],
    [{ failed: 2, reasons: ["HTTP 500"] }, ["answers: 2 were wrong or missing, such as: HTTP 500"]],
  ])("of %j is %j", (seen, failures) => {
    expect(failuresOf({ ...GOOD, ...seen }, 1)).toEqual(failures);
  });

  it.each([
    [["--minutes", "0"], "--minutes: must be a number above 0"],
    [["--rate", "1.5"], "--rate: must be a whole number of requests a second"],
    [["--growth", "much"], "--growth: must be a number above 0"],
    [["--minutes", "1001"], "--minutes and --rate: must make at most 12000000 requests"],
    [["--speed", "1"], "Unknown option '--speed'"],
  ])("is not reached with %j", (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
    expect(readOptions(["--minutes", "1000"])).toMatchObject({ minutes: 1000, rate: 200, growth: 1 });
  });
});

/** More than the memory of any new server grows by, in megabytes a minute. */
const ANY_GROWTH = "100000";

/** Requests a second of each soak. */
const RATE = LONG ? "200" : "50";

/** `npm run soak` for three seconds, without the build. */
function startSoak(...args: string[]) {
  const command = ["bench/soak.js", "--minutes", "0.05", "--rate", RATE, "--growth", ANY_GROWTH, ...args];
  const env = { PATH: process.env.PATH, TMPDIR: temporaryFolder() };
  const child = spawn(process.execPath, command, { env });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      output += chunk;
    });
  const ended = once(child, "close").then(([code]) => {
    checkForSecrets(output);
    expect(output).not.toContain("eyJ");
    return { code, failures: output.match(/^FAILED .*$/gm) ?? [] };
  });
  // It ends its server then; one that is killed could not.
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  return { child, ended, output: () => output };
}

/** The built server, which does something else as well. */
function serverThat(act: string): string {
  const file = join(temporaryFolder(), "server.mjs");
  writeFileSync(file, `${act}\nawait import(${JSON.stringify(CLI)});`);
  return file;
}

/** It gives the server a core and itself another, and reads memory from /proc. */
const POSSIBLE = process.platform === "linux" && availableParallelism() > 1;

describe.runIf(POSSIBLE)("a soak", () => {
  const test = atOnce("of three seconds");

  test("of the built server passes, and reports on it", async () => {
    const json = join(temporaryFolder(), "soak.json");
    const soak = startSoak("--json", json);
    expect(await soak.ended, soak.output()).toEqual({ code: 0, failures: [] });
    expect(soak.output()).toMatch(
      /^\d\.\d\d min {2}p50 .* ms {2}p99 .* ms {2}\d+ MB {2}\d+ answers {2}0 wrong$/m,
    );
    const report = JSON.parse(readFileSync(json, "utf8"));
    expect(report).toMatchObject({ failed: 0, missing: 0, failures: [] });
    expect(report.answers).toBeGreaterThan(10);
    expect(report.delivered).toBeGreaterThan(10);
  });

  test("of a server that loses a record fails", async () => {
    const databaseUrl = await newDatabaseUrl("SQLite in a file");
    await migrateUrl(databaseUrl);
    const { kysely } = await openForMaintenance(parseDatabaseUrl(databaseUrl));
    await sql`create trigger lose after insert on issued_tokens when new.position = 5
      begin delete from issued_tokens where position = new.position; end`.execute(kysely);
    await kysely.destroy();
    expect(await startSoak("--database", databaseUrl).ended).toEqual({
      code: 1,
      failures: [expect.stringMatching(/^FAILED ledger: 1 of \d+ delivered tokens are not on the ledger$/)],
    });
  });

  test("of a server that leaks fails", async () => {
    const leak = "const kept = []; setInterval(() => kept.push(Buffer.alloc(1e7, 1)), 100);";
    expect(await startSoak("--server", serverThat(leak), "--growth", "2000").ended).toEqual({
      code: 1,
      failures: [expect.stringMatching(/^FAILED memory: grows by \d+\.\d\d MB a minute; at most 2000 is /)],
    });
  });

  test("of a server that refuses fails", async () => {
    const { code, failures } = await startSoak("--server", serverThat('process.env.TOKENS_PER_MINUTE = "2";'))
      .ended;
    expect(code).toBe(1);
    expect(failures).toContainEqual(
      expect.stringMatching(/^FAILED answers: \d+ were wrong or missing, such as: /),
    );
  });

  test("of a server that ends fails soon", async () => {
    const end = `import { subscribe } from "node:diagnostics_channel";
      let left = 50;
      subscribe("http.server.request.start", () => --left || process.exit());`;
    const { code, failures } = await startSoak("--minutes", "5", "--server", serverThat(end)).ended;
    expect(code).toBe(1);
    expect(failures).toContainEqual(expect.stringContaining("the server has ended"));
  });

  test("is ended early by a signal, with its verdict", async () => {
    const soak = startSoak("--minutes", "0.2");
    await expect
      .poll(() => soak.output().match(/ min {2}/g)?.length ?? 0, { timeout: 30_000 })
      .toBeGreaterThan(6);
    soak.child.kill("SIGINT");
    expect(await soak.ended, soak.output()).toEqual({ code: 0, failures: [] });
  });
});
