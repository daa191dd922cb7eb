import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { newDatabaseUrl, sharedPostgres } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import type { Run } from "./run-snippets.ts";
import { runShell } from "./shell.ts";

/** The name of the cluster's own user, which the documents give to a user of their own. */
const TAKEN = /\bstagepass\b/g;

/** SQL that makes a database, in which `npx stagepass migrate` then makes the tables. */
export const makesADatabase: Run = async ({ code }) => {
  const { query, port } = await sharedPostgres();
  for (const statement of code
    .replaceAll(TAKEN, "conference")
    .split(";")
    .filter((sql) => sql.trim() !== ""))
    await query(statement);
  const DATABASE_URL = `postgres://conference:${encodeURIComponent("…")}@127.0.0.1:${port}/conference`;
  const { code: exit, errors } = await runShell("npx stagepass migrate", { DATABASE_URL });
  expect([exit, errors]).toEqual([0, ""]);
  expect(await query("SELECT count(*) FROM sessions", "conference")).toEqual([{ count: "0" }]);
};

/** Lines of `postgresql.conf` that PostgreSQL takes. */
export const configuresPostgres: Run = async ({ code }) => {
  const { query } = await sharedPostgres();
  const settings = code.split("\n").filter((line) => line.includes("="));
  expect(settings.length).toBeGreaterThan(0);
  // In effect only after a reload, which there is none of.
  for (const setting of settings) await query(`ALTER SYSTEM SET ${setting}`);
  await query("ALTER SYSTEM RESET ALL");
};

/** Lines that export one database and import it into another. */
export const movesTheDatabase: Run = async ({ code }) => {
  const folder = temporaryFolder();
  const postgres = await newDatabaseUrl("PostgreSQL", { bare: true });
  mkdirSync(join(folder, "data"));
  const from = { DATABASE_URL: "file:./data/stagepass.db" };
  expect((await runShell("npx stagepass migrate", from, folder)).code).toBe(0);
  const outputs = [];
  for (const line of code.replaceAll("postgres://…", postgres).trim().split("\n")) {
    const env = line.includes("import") ? { DATABASE_URL: postgres } : from;
    const { code: exit, output, errors } = await runShell(line, env, folder);
    expect([line, exit, errors]).toEqual([line, 0, ""]);
    outputs.push(output);
  }
  const [exported, imported, ...others] = outputs;
  expect(exported).toMatch(/^issued_tokens\t0 rows\tsha256 /m);
  expect([imported, others]).toEqual([exported, []]);
};

/** A start of the server on the manifest of an application beside it. */
export const startsOnAManifest: Run = async ({ code }) => {
  const folder = temporaryFolder();
  const generated = join(folder, "my-app/src/generated");
  const clone = join(folder, "stagepass");
  mkdirSync(generated, { recursive: true });
  mkdirSync(clone);
  writeFileSync(join(generated, "persisted-documents.json"), JSON.stringify({ a: "{ __typename }" }));
  const { code: exit, output } = await runShell(code, { LOG_LEVEL: "silent" }, clone);
  expect([exit, output]).toEqual([0, expect.stringMatching(/^Stagepass serves GraphQL at /)]);
};

/** Makes, lists and revokes an API key. */
export const managesKeys: Run = async ({ code }) => {
  const { code: exit, output, errors, calls } = await runShell(code);
  expect([exit, errors]).toEqual([0, ""]);
  expect(output).toMatch(/^stagepass_[0-9a-f]{8}_\S{43}\n[\s\S]*\tweb\t[^\n]*\tactive\t[\s\S]*Revoked: /);
  expect(calls).toHaveLength(3);
};
