import { expect, test } from "vitest";
import { CLI, spawnServer } from "../support/process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const MANY = "1000000";
const BODY = JSON.stringify({ query: "mutation { createSession { generateToken { token expiresAt } } }" });
/** As many callers at once as start together. */
const CALLERS = 32;
const REQUESTS = 100;

/** Sends so many requests from each caller. */
async function ask(url: string): Promise<void> {
  const one = async () => {
    for (let sent = 0; sent < REQUESTS; sent++) {
      const headers = { "content-type": "application/json" };
      await (await fetch(url, { method: "POST", headers, body: BODY })).text();
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, one));
}

/** The bytes of a kind in the lines of `--trace-gc-nvp` about collections of young objects. */
function sumOf(kind: string, lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Number(new RegExp(` ${kind}=(\\d+)`).exec(line)?.[1]), 0);
}

test("the objects of a request are garbage when it ends", async () => {
  const command = [process.execPath, "--trace-gc", "--trace-gc-nvp", CLI];
  const quota = { TOKENS_PER_MINUTE: MANY, SESSIONS_PER_MINUTE: MANY };
  const server = spawnServer(
    temporaryFolder(),
    { ...quota, DATABASE_URL: ":memory:", LEDGER: "off" },
    command,
  );
  const url = await server.url();
  await ask(url);
  const before = server.output().length;
  await ask(url);
  const lines = server.output().slice(before).split("\n");
  const young = lines.filter((line) => line.includes(" gc=s "));
  expect(sumOf("allocated", young)).toBeGreaterThan(50e6);
  expect(sumOf("promoted", young) / sumOf("allocated", young)).toBeLessThan(0.01);
});
