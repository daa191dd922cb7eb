import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { atOnce } from "../../support/at-once.ts";
import { askForToken, type Call, figuresOf, newSession, startClients } from "../../support/faults.ts";
import { LONG, SLACK } from "../../support/long.ts";
import { spawnServer } from "../../support/process.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const CLIENTS = LONG ? 8 : 4;
/** What is promised is two seconds, and one more is for two busy cores. */
const ANSWER_LIMIT = 3000 + SLACK;
/** How soon after the fault every token is issued again, in milliseconds. */
const RECOVERY_LIMIT = 3000 + SLACK;

const CANNOT = "the audit trail cannot be written";
const AGAIN = "the audit trail can be written again";

/** Where an audit trail goes, what happens to it, and what was written there in all. */
interface Trail {
  readonly path: string;
  /** How long that lasts, in milliseconds. */
  readonly duration: number;
  begin(): void;
  end(): void;
  text(): string;
}

/** A file whose disk is full: from then on it is `/dev/full`. */
function fullDisk(): Trail {
  const path = join(temporaryFolder(), "audit.jsonl");
  let before = 0;
  onTestFinished(() => closeSync(before));
  return {
    path,
    duration: LONG ? 20_000 : 1000,
    begin() {
      before = openSync(path, "r");
      rmSync(path);
      symlinkSync("/dev/full", path);
    },
    end: () => rmSync(path),
    text: () => readFileSync(before, "utf8") + readFileSync(path, "utf8"),
  };
}

/** A pipe whose reader is there and reads nothing. */
function stuckReader(): Trail {
  const path = join(temporaryFolder(), "pipe");
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  let text = "";
  const read = () => {
    const buffer = Buffer.alloc(64 * 1024);
    for (;;) {
      try {
        text += buffer.toString("utf8", 0, readSync(reader, buffer));
      } catch {
        return;
      }
    }
  };
  let timer = setInterval(read, 5);
  onTestFinished(() => {
    clearInterval(timer);
    closeSync(reader);
  });
  return {
    path,
    // Longer than a write may take.
    duration: LONG ? 20_000 : 2500,
    begin() {
      clearInterval(timer);
      // Else it takes what some hundred tokens need.
      fill(reader);
    },
    end() {
      timer = setInterval(read, 5);
    },
    text: () => text,
  };
}

/** Writes empty lines to a pipe until it takes no more. */
function fill(pipe: number): void {
  for (;;) {
    try {
      writeSync(pipe, "\n".repeat(512));
    } catch {
      return;
    }
  }
}

interface Line {
  readonly event: string;
  readonly jti?: string;
  readonly lines?: number;
}

/** What is whole of a trail; a write that stopped in the middle of a line leaves a part of one. */
const linesOf = (text: string): Line[] =>
  text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });

/** Lives through the fault under load. */
async function liveThrough(trail: Trail, required: "on" | "off") {
  const server = spawnServer(temporaryFolder(), {
    AUDIT_LOG: trail.path,
    AUDIT_REQUIRED: required,
    DATABASE_URL: ":memory:",
  });
  const url = await server.url();
  const sessionId = await newSession(url);
  const clients = startClients([url], sessionId);
  clients.add(CLIENTS);
  await clients.recover(0, RECOVERY_LIMIT);
  trail.begin();
  const begin = performance.now();
  await sleep(trail.duration);
  trail.end();
  const end = performance.now();
  await (required === "on" ? clients.recover(end, 2 * RECOVERY_LIMIT) : sleep(500));
  const calls = await clients.stop();
  calls.push(...(await Promise.all(Array.from({ length: CLIENTS }, () => askForToken(url, sessionId)))));
  server.kill("SIGTERM");
  expect(await server.exited).toEqual({ code: 0, signal: null });
  const log = server.errors();
  expect(log.split(CANNOT).length - 1).toBe(1);
  expect(log.split(AGAIN).length - 1).toBe(1);
  expect(longest(calls)).toBeLessThan(ANSWER_LIMIT);
  const lines = linesOf(trail.text());
  const issued = lines.flatMap(({ jti }) => (jti === undefined ? [] : [jti]));
  const lost = lines.reduce((sum, line) => sum + (line.lines ?? 0), 0);
  return { calls, begin, end, issued, lost, log };
}

const longest = (calls: readonly Call[]) => Math.max(...calls.map(({ begin, end }) => end - begin));

const FAULTS: [string, () => Trail][] = [
  ["the disk of the audit trail is full", fullDisk],
  ["nobody reads the pipe of the audit trail", stuckReader],
];

const test = atOnce("the audit trail");

for (const [fault, trailOf] of FAULTS) {
  test(`while ${fault}, AUDIT_REQUIRED=on issues no token without its line, and recovers by itself`, async () => {
    const trail = trailOf();
    const { calls, begin, end, issued } = await liveThrough(trail, "on");
    const { missing, failed, recovery } = figuresOf(`${fault}, required`, calls, end, issued);
    expect(missing).toBe(0);
    expect(failed).toBeGreaterThanOrEqual(CLIENTS);
    expect(recovery).toBeLessThan(RECOVERY_LIMIT);
    const outcomes = new Set(calls.map(({ token, code }) => (token === null ? code : "token")));
    expect([...outcomes].sort()).toEqual(["AUDIT_UNAVAILABLE", "token"]);
    // What is underway as it begins may still have room.
    const late = calls.filter((call) => call.begin > begin + trail.duration / 2 && call.end < end);
    expect(late.filter(({ token }) => token !== null)).toEqual([]);
    expect(calls.slice(-CLIENTS).filter(({ token }) => token === null)).toEqual([]);
  });

  test(`while ${fault}, AUDIT_REQUIRED=off delivers, and says how many lines were lost`, async () => {
    const { calls, end, issued, lost, log } = await liveThrough(trailOf(), "off");
    const { failed, missing } = figuresOf(`${fault}, not required`, calls, end, issued);
    expect(failed).toBe(0);
    expect(missing).toBeGreaterThan(0);
    // What was given up may be written after all, and no line is lost that is not counted.
    expect(lost).toBeGreaterThanOrEqual(missing);
    expect(log).toContain(`"lost":${lost}`);
  });
}
