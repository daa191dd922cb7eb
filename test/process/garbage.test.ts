import { expect, test } from "vitest";
import { CLI, spawnServer } from "../support/process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const CREATE = "mutation { createSession { sessionId } }";
const GENERATE =
  "mutation ($sessionId: ID!) { generateToken(sessionId: $sessionId) { token expiresAt role } }";
/** As many callers at once as start together. */
const CALLERS = 32;
/** How many requests of each caller warm the server up, and how many are measured. */
const REQUESTS = 100;

async function post(url: string, query: string, variables = {}) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  return (await response.json()).data;
}

async function generate(url: string, sessionId: string): Promise<void> {
  const one = async () => {
    for (let sent = 0; sent < REQUESTS; sent++) await post(url, GENERATE, { sessionId });
  };
  await Promise.all(Array.from({ length: CALLERS }, one));
}

/** The bytes of a kind in the lines of `--trace-gc-nvp` about collections of young objects. */
function sumOf(kind: string, lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Number(new RegExp(` ${kind}=(\\d+)`).exec(line)?.[1]), 0);
}

// With Node.js 24, two to four percent outlive the first requests for other reasons.
test.runIf(process.version.startsWith("v20."))(
  "the objects of a request are garbage when it ends",
  async () => {
    const command = [process.execPath, "--trace-gc", "--trace-gc-nvp", CLI];
    const quota = { TOKENS_PER_MINUTE: "1000000" };
    const server = spawnServer(
      temporaryFolder(),
      { ...quota, DATABASE_URL: ":memory:", LEDGER: "off" },
      command,
    );
    const url = await server.url();
    const { sessionId } = (await post(url, CREATE)).createSession;
    await generate(url, sessionId);
    const before = server.output().length;
    await generate(url, sessionId);
    const lines = server.output().slice(before).split("\n");
    const young = lines.filter((line) => line.includes(" gc=s "));
    expect(sumOf("allocated", young)).toBeGreaterThan(50e6);
    expect(sumOf("promoted", young) / sumOf("allocated", young)).toBeLessThan(0.01);
  },
);
