import { execFileSync } from "node:child_process";
import { closeSync, createReadStream, openSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished } from "vitest";
import { atOnce } from "../support/at-once.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { CLI, spawnServer } from "../support/process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// As long as a subject may be, so that few requests fill what may wait.
const CALLER = `Bearer ${signedJwt({ ...EVERYTHING, iss: "i".repeat(100), sub: "s".repeat(255) })}`;
/** More lines of this caller than may wait, in a pipe of 64 KB and in memory. */
const TOO_MANY = 3000;

/** A server whose standard error goes where the shell sends it. */
function start(folder: string, script: string) {
  const environment = {
    NODE_ENV: "production",
    AUTH_JWT_SECRET: JWT_SECRET,
    DATABASE_URL: ":memory:",
    LOG_LEVEL: "info",
  };
  return spawnServer(folder, environment, ["sh", "-c", script, "sh", process.execPath, CLI]);
}

/** So many requests, and the IDs that they got. */
async function ask(url: string, count: number, headers: Record<string, string> = { authorization: CALLER }) {
  const ids: string[] = [];
  while (ids.length < count) {
    const batch = Array.from({ length: Math.min(50, count - ids.length) }, async () => {
      const body = JSON.stringify({ query: "{ __typename }" });
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      });
      await response.text();
      return response.headers.get("x-request-id") ?? "";
    });
    ids.push(...(await Promise.all(batch)));
  }
  return ids;
}

/** What a log says: the IDs of the requests that have a line, and how many lines it says were lost or left out. */
function read(log: string) {
  const lines: Record<string, unknown>[] = log
    .split("\n")
    .flatMap((line) => (line ? [JSON.parse(line)] : []));
  const sum = (member: string) => lines.reduce((total, line) => total + Number(line[member] ?? 0), 0);
  const ids = lines.filter(({ msg }) => msg === "request").map(({ requestId }) => requestId);
  return { lines, ids, lost: sum("lost"), leftOut: sum("leftOut") };
}

describe("while nobody reads the log", () => {
  const test = atOnce("a server", 120_000);

  /** A server that writes its log to a pipe, which is read once `readIt` is called. */
  async function startUnread() {
    const folder = temporaryFolder();
    const pipe = join(folder, "log");
    execFileSync("mkfifo", [pipe]);
    // For both, so that neither end waits for the other.
    const descriptor = openSync(pipe, "r+");
    onTestFinished(() => closeSync(descriptor));
    const server = start(folder, 'exec "$@" 2>log');
    const url = await server.url();
    let log = "";
    const readIt = () => {
      const stream = createReadStream(pipe);
      stream.on("data", (chunk) => {
        log += chunk;
      });
      onTestFinished(() => void stream.destroy());
    };
    return { server, url, readIt, said: () => read(log.slice(0, log.lastIndexOf("\n") + 1)) };
  }

  test("every line is written later, or counted as lost", async () => {
    const { url, readIt, said } = await startUnread();
    const ids = await ask(url, TOO_MANY);
    readIt();
    await expect.poll(() => said().lost).toBeGreaterThan(0);
    const [last = ""] = await ask(url, 1);
    await expect.poll(() => said().ids).toContain(last);
    const { lines, ids: logged, lost } = said();
    expect(logged.length + lost).toBe(TOO_MANY + 1);
    expect(logged.slice(0, -1).every((id) => ids.includes(String(id)))).toBe(true);
    // In one line, which is where the lines are missing.
    expect(lines.filter((line) => line.lost !== undefined)).toMatchObject([
      { level: 50, msg: "log lines were lost" },
    ]);
    expect(lines.at(-1)?.requestId).toBe(last);
  });

  test("strangers do not push out the lines of callers", async () => {
    const { url, readIt, said } = await startUnread();
    const forged = { authorization: `${CALLER.slice(0, -5)}AAAAA` };
    const before = await ask(url, 1);
    const strangers = await ask(url, TOO_MANY, forged);
    const after = await ask(url, 1);
    readIt();
    await expect.poll(() => said().ids).toEqual(expect.arrayContaining([...before, ...after]));
    await expect.poll(() => said().ids.length + said().leftOut).toBe(strangers.length + 2);
    expect(said().lost).toBe(0);
  });
});

describe("when the disk is full", () => {
  const test = atOnce("a server", 120_000);

  // A limit of a file's size stands for the disk's: to write fails, and works again once the file is shorter.
  const script = 'ulimit -f 64; exec "$@" 2>>log';

  test("the log goes on once there is room, and says how many lines were lost", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "log");
    const server = start(folder, script);
    const url = await server.url();
    await ask(url, TOO_MANY);
    let log = "";
    const makeRoom = () => {
      log += readFileSync(file, "utf8");
      truncateSync(file);
      return log;
    };
    await expect.poll(makeRoom, { timeout: 60_000 }).toMatch(/"lost":[1-9]\d*/);
    const [id = ""] = await ask(url, 1);
    await expect.poll(makeRoom).toContain(id);
    server.kill("SIGTERM");
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test("the server stops all the same", async () => {
    const folder = temporaryFolder();
    const server = start(folder, script);
    await ask(await server.url(), 300);
    expect(readFileSync(join(folder, "log")).length).toBeGreaterThan(30_000);
    server.kill("SIGTERM");
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });
});
