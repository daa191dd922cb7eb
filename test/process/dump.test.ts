import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TokenFormat } from "../../src/domain/connection-token.ts";
import { Role } from "../../src/domain/role.ts";
import { type Ended, stagepass } from "../support/process.ts";
import { newDatabaseUrl, openStore } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Runs `stagepass export` or `stagepass import`. */
const run = (url: string, ...args: string[]): Promise<Ended> => runWith("", url, ...args);

/** The same with something to read. */
const runWith = (input: string, url: string, ...args: string[]): Promise<Ended> =>
  stagepass(temporaryFolder(), args, { DATABASE_URL: url }, input);

async function filled(records: number): Promise<string> {
  const url = await newDatabaseUrl("SQLite in a file");
  const { ledger, close } = await openStore(url);
  const instant = new Date(1_795_500_000_000);
  const record = (id: string) => ({
    id,
    sessionId: "1_a",
    role: Role.PUBLISHER,
    format: TokenFormat.JWT,
    issuedTo: "alice",
    issuedAt: instant,
    expiresAt: instant,
    identity: null,
    revokedAt: null,
    fingerprint: null,
  });
  await Promise.all(Array.from({ length: records }, (_, i) => ledger.record([record(`${i}`)])));
  await close();
  return url;
}

describe("stagepass export and stagepass import", () => {
  it.each([0, 3, 2000])(
    "bring %d records from SQLite to PostgreSQL, whole, and say the same of them",
    async (records) => {
      const file = join(temporaryFolder(), "dump.jsonl");
      const exported = await run(await filled(records), "export", file);
      expect(exported).toMatchObject({ code: 0, errors: "" });
      expect(exported.output).toContain(`issued_tokens\t${records} rows\tsha256 `);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const url = await newDatabaseUrl("PostgreSQL", { bare: true });
      expect(await run(url, "import", file)).toEqual({ code: 0, output: exported.output, errors: "" });
      const again = await run(url, "import", file);
      expect(again.code).toBe(records > 0 ? 1 : 0);
      expect(again.errors).toBe(
        records > 0 ? "the database must be empty, but issued_tokens has rows\n" : "",
      );
    },
  );

  it("write nothing into each other's file, and leave nothing else behind", async () => {
    const folder = temporaryFolder();
    const url = await filled(2000);
    const file = join(folder, "dump.jsonl");
    const both = await Promise.all([run(url, "export", file), run(url, "export", file)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(readdirSync(folder)).toEqual(["dump.jsonl"]);
    expect(readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(2002);
    expect((await run(`file:${join(folder, "new.db")}`, "import", file)).code).toBe(0);
  });

  it("take - for standard output and standard input, and say on standard error what the former has", async () => {
    const url = await filled(3);
    const file = join(temporaryFolder(), "dump.jsonl");
    const summary = (await run(url, "export", file)).output;
    const exported = await run(url, "export", "-");
    expect(exported).toMatchObject({ code: 0, errors: summary });
    const rows = (text: string) => text.trimEnd().split("\n").slice(1);
    expect(rows(exported.output)).toEqual(rows(readFileSync(file, "utf8")));
    const { output, errors } = await run(url, "export", "-", "--json");
    expect(rows(output)).toEqual(rows(exported.output));
    expect(JSON.parse(errors).tables.issued_tokens.rows).toBe(3);

    const copy = join(temporaryFolder(), "copy.db");
    expect(await runWith(exported.output, `file:${copy}`, "import", "-")).toEqual({
      code: 0,
      output: summary,
      errors: expect.stringMatching(`^Created the new database ${copy}; .*\n$`),
    });
  });

  it.each([">/dev/full", "| true"])("fail when standard output is %s", async (where) => {
    const ended = await stagepass(
      temporaryFolder(),
      ["export", "-"],
      { DATABASE_URL: await filled(2000) },
      "",
      `{ "$@"; echo "ended with $?" >&2; } ${where}`,
    );
    expect(ended.errors).toMatch(/^cannot write to standard output: (ENOSPC|EPIPE); .*\nended with 1\n$/);
  });

  it("say in a line what cannot be done", async () => {
    const folder = temporaryFolder();
    const url = await filled(1);
    const nowhere = join(folder, "none.db");
    writeFileSync(join(folder, "bad.jsonl"), "hello\n");
    const said = async (...args: Parameters<typeof run>) => {
      const { code, errors } = await run(...args);
      expect(code).toBe(1);
      return errors;
    };
    expect(await run(url, "export")).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/'file'.*--help\n$/),
    });
    const taken = join(folder, "taken");
    mkdirSync(taken);
    expect(await said(url, "export", taken)).toMatch(/^EISDIR: [^\n]*\n$/);
    expect(await said(`file:${nowhere}`, "export", join(folder, "x"))).toBe(
      `DATABASE_URL: the database ${nowhere} does not exist; run this command where the server runs, or set DATABASE_URL to the server's database\n`,
    );
    expect(await said(`file:${nowhere}`, "import", join(folder, "y"))).toMatch(
      /y: cannot be read: ENOENT\n$/,
    );
    expect(await said(`file:${nowhere}`, "import", folder)).toMatch(/: cannot be read: EISDIR\n$/);
    expect(existsSync(nowhere)).toBe(false);
    expect(await said(`file:${nowhere}`, "import", join(folder, "bad.jsonl"))).toMatch(
      /^line 1 of the dump: it is not a JSON object; nothing was imported\n$/,
    );
    expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
    expect(readdirSync(taken)).toEqual([]);
  });
});
