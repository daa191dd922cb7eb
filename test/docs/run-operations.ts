import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { isSocket, postgresAddress } from "../../src/store/postgres-url.ts";
import { spawnServer, stagepass } from "../support/process.ts";
import { newDatabaseUrl, sharedPostgres } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { isShell, type Run } from "./run-snippets.ts";
import { sharedServer } from "./server-for-snippets.ts";
import { answerIn, runShell, usedFolder } from "./shell.ts";

/** The name of the cluster's user. The documents give this name to their own user. */
const TAKEN = /\bstagepass\b/g;

/** SQL that creates a database, which `stagepass migrate` then migrates. */
export const makesADatabase: Run = async ({ code }) => {
  const { query, port } = await sharedPostgres();
  const statements = code.replaceAll(TAKEN, "conference").split(";");
  for (const statement of statements.filter((sql) => sql.trim() !== "")) await query(statement);
  const DATABASE_URL = `postgres://conference:${encodeURIComponent("…")}@127.0.0.1:${port}/conference`;
  expect(await stagepass(temporaryFolder(), ["migrate"], { DATABASE_URL })).toMatchObject({ code: 0 });
  expect(await query("SELECT count(*) FROM sessions", "conference")).toEqual([{ count: "0" }]);
};

/** Lines of `postgresql.conf` that PostgreSQL accepts. */
export const configuresPostgres: Run = async ({ code }) => {
  const { query } = await sharedPostgres();
  const settings = code.split("\n").filter((line) => line.includes("="));
  expect(settings.length).toBeGreaterThan(0);
  // It would need a reload, which never happens.
  for (const setting of settings) await query(`ALTER SYSTEM SET ${setting}`);
  await query("ALTER SYSTEM RESET ALL");
};

/** URLs of PostgreSQL on Unix sockets. */
export const connectsOverSockets: Run = ({ code }) => {
  const urls = code.trim().split("\n");
  for (const url of urls) expect(postgresAddress(url).hosts.every(isSocket), url).toBe(true);
};

/** A curl that asks a server whether it is ready. */
export const isReady: Run = async ({ code }) => {
  const { fill } = await sharedServer();
  const { output } = await runShell(fill(code));
  expect(answerIn(output)).toMatchObject({ status: 200, body: { status: "ready" } });
};

/** Lines that export one database and import it into another. */
export const movesTheDatabase: Run = async ({ code }) => {
  const folder = temporaryFolder();
  const postgres = await newDatabaseUrl("PostgreSQL", { bare: true });
  mkdirSync(join(folder, "data"));
  const from = { DATABASE_URL: "file:./data/stagepass.db" };
  expect(await stagepass(folder, ["migrate"], from)).toMatchObject({ code: 0 });
  const outputs = [];
  for (const line of code.replaceAll("postgres://…", postgres).trim().split("\n")) {
    const env = line.includes("import") ? { DATABASE_URL: postgres } : from;
    const { output, ...outcome } = await runShell(line, env, folder);
    expect([line, outcome]).toEqual([line, { code: 0, errors: "" }]);
    outputs.push(output);
  }
  const [exported, imported, ...others] = outputs;
  expect(exported).toMatch(/^issued_tokens\t0 rows\tsha256 /m);
  expect([imported, others]).toEqual([exported, []]);
};

/** `npm start` without its build, with the preceding variables, beside an application with a manifest. */
export const starts: Run = async (snippet) => {
  isShell(snippet);
  const folder = temporaryFolder();
  const generated = join(folder, "my-app/src/generated");
  const clone = join(folder, "stagepass");
  for (const path of [generated, clone]) mkdirSync(path, { recursive: true });
  writeFileSync(join(generated, "persisted-documents.json"), JSON.stringify({ a: "{ __typename }" }));
  const [, line = ""] = /^(.*)\bnpm start\b/m.exec(snippet.code) ?? [];
  const server = spawnServer(
    clone,
    Object.fromEntries([...line.matchAll(/(\w+)=(\S+)/g)].map(([, ...pair]) => pair)),
  );
  expect(await server.url()).toMatch(/\/graphql$/);
  if (snippet.code.includes("the console")) expect(server.output()).toContain("The console is at ");
};

/** A `docker run` of a `stagepass` command, which is run without Docker. */
export const runsInAContainer: Run = async (snippet) => {
  isShell(snippet);
  const [, command = ""] = /^docker run .* stagepass (\w.*)$/m.exec(snippet.code) ?? [];
  expect(await runShell(`npx stagepass ${command}`, {}, await usedFolder())).toMatchObject({
    code: 0,
    errors: "",
  });
};
