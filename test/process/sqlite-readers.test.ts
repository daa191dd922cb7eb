import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { spawnServer } from "../support/process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** A program that reads a SQLite file and closes it, as a person does who looks into it, and prints what it found. */
const READ = `
  const Libsql = require("libsql");
  const database = new Libsql(process.argv[1], { timeout: 2000 });
  const { n } = database.prepare("SELECT count(*) AS n FROM issued_tokens").get();
  const { integrity_check } = database.prepare("PRAGMA integrity_check").get();
  database.close();
  console.log(JSON.stringify({ n, integrity_check }));
`;

async function read(file: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", READ, file]);
  return JSON.parse(stdout);
}

it("what was acknowledged survives others who read the file meanwhile, and a kill", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "data/stagepass.db");
  const server = spawnServer(folder, { PLATFORM: "local", CONSOLE: "off" });
  const url = await server.url();
  const ask = async (query: string, variables = {}) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()).data;
  };
  const { createSession } = await ask("mutation { createSession { id } }");
  let acknowledged = 0;
  const issue = async () => {
    // Enough for the checkpoints to begin, which open the file once more.
    for (let i = 0; i < 6; i++) {
      const { generateTokens } = await ask(
        "mutation($id: ID!, $requests: [TokenRequest!]!) { generateTokens(sessionId: $id, requests: $requests) { __typename } }",
        { id: createSession.id, requests: Array(1000).fill({}) },
      );
      acknowledged += generateTokens.length;
    }
  };
  for (let i = 0; i < 3; i++) {
    await issue();
    expect(await read(file)).toEqual({ n: acknowledged, integrity_check: "ok" });
    // Whoever closes a file that nobody else seems to use takes it away.
    expect(existsSync(`${file}-wal`)).toBe(true);
  }
  server.kill("SIGKILL");
  await server.exited;
  expect(await read(file)).toEqual({ n: 18_000, integrity_check: "ok" });
});
