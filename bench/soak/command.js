/** The command `npm run soak`. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { localServer } from "../local-server.js";
import { LOAD_CORE, urlIn, withPrograms } from "../programs.js";
import { readOptions, WrongOption } from "./options.js";
import { soak } from "./run.js";
import { BOUNDS, judge } from "./verdict.js";

const WRONG_OPTION = 2;
const ENDS = {
  passed: { code: 0, line: "Passed" },
  failed: { code: 1, line: "Failed" },
  "not judged": { code: 3, line: "Neither passed nor failed" },
};

/** Soaks a server as the arguments say, prints how it goes, judges it by the bounds, and resolves to the exit code. */
export async function command(args, bounds = BOUNDS) {
  try {
    const options = readOptions(args);
    const seen = await run(options);
    return report(options, seen, judge(seen, bounds));
  } catch (error) {
    if (!(error instanceof WrongOption)) throw error;
    console.error(error.message);
    return WRONG_OPTION;
  }
}

/** Resolves to what was seen, and whether it was stopped `early`. */
async function run(options) {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop.abort());
  execFileSync("taskset", ["-cp", LOAD_CORE, String(process.pid)], { stdio: "ignore" });
  const folder = mkdtempSync(join(tmpdir(), "stagepass-soak-"));
  try {
    const server = localServer({ DATABASE_URL: `file:${join(folder, "soak.db")}`, LEDGER: "on" });
    const program = {
      ...server,
      script: "./soak/tied.js",
      args: [options.server ?? fileURLToPath(new URL(`../${server.script}`, import.meta.url))],
      // Its own group: on Ctrl-C it has answers to give before it ends.
      detached: true,
    };
    return await withPrograms([program], async ({ child, line }) => {
      const seen = (await soak(child, urlIn(line), options, stop.signal, console.log)).seen();
      return { ...seen, early: stop.signal.aborted };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Prints what was seen and what it means, and returns the exit code. */
function report({ minutes, rate, json }, seen, verdict) {
  console.log(
    `${seen.answers} answers at ${rate}/s; after a warm-up of ${seen.warmUpMinutes.toFixed(2)} minutes, in tenths of the rest:`,
  );
  console.table(
    seen.tenths.map(({ answers, p50, p99 }) => ({
      answers,
      "p50 ms": answers === 0 ? "-" : p50.toFixed(2),
      "p99 ms": answers === 0 ? "-" : p99.toFixed(2),
    })),
  );
  console.log(`Memory: ${seen.memory.map(({ megabytes }) => Math.round(megabytes)).join(" ")} MB`);
  if (verdict.slope !== null) console.log(`  grows by ${verdict.slope.toFixed(2)} MB a minute`);
  if (verdict.slowdown !== null)
    console.log(`p99: ${verdict.slowdown.toFixed(2)} times that of the first tenth`);
  for (const line of verdict.unjudged) console.log(`Not judged: ${line}`);
  for (const line of verdict.failures) console.log(`FAILED ${line}`);
  const { code, line } = ENDS[verdict.outcome];
  console.log(line);
  if (json) writeFileSync(json, `${JSON.stringify({ minutes, rate, ...seen, ...verdict }, null, 2)}\n`);
  return code;
}
