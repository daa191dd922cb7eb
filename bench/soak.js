/**
 * `npm run soak`: a server under a steady, mixed load for a long time. Fails when an answer is wrong, when the memory
 * grows, and when answers take longer at the end than at the beginning.
 *
 * `npm run soak -- --minutes 20 --rate 200 --json <file>`; `--server <file>` soaks another program than the built server,
 * one that prints its URL in its first line. Ctrl-C ends it early, with the report.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { localServer } from "./local-server.js";
import { LOAD_CORE, urlIn, withPrograms } from "./programs.js";
import { readOptions, WrongOption } from "./soak/options.js";
import { soak } from "./soak/run.js";
import { judge } from "./soak/verdict.js";

async function run(options) {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop.abort());
  execFileSync("taskset", ["-cp", LOAD_CORE, String(process.pid)], { stdio: "ignore" });
  const folder = mkdtempSync(join(tmpdir(), "stagepass-soak-"));
  try {
    // Its own group: on Ctrl-C it has answers to give before it ends.
    const program = {
      ...localServer({ DATABASE_URL: `file:${join(folder, "soak.db")}`, LEDGER: "on" }),
      detached: true,
    };
    if (options.server) program.script = pathToFileURL(resolve(options.server)).href;
    return await withPrograms([program], async ({ child, line }) => {
      const seen = (await soak(child, urlIn(line), options, stop.signal, console.log)).seen();
      return report(options, seen, stop.signal.aborted);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Prints what was seen, and returns the exit code. */
function report({ minutes, rate, json }, seen, early) {
  const verdict = judge(seen);
  if (early) console.log("Stopped early.");
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
  if (verdict.failures.length === 0) {
    console.log(verdict.unjudged.length === 0 ? "Passed" : "Passed, as far as it was judged");
  }
  if (json)
    writeFileSync(json, `${JSON.stringify({ minutes, rate, early, ...seen, ...verdict }, null, 2)}\n`);
  return verdict.failures.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await run(readOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof WrongOption)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
