/**
 * `npm run bench`: ratios to others' code, measured side by side in one run. The figures themselves depend
 * on the machine; the ratios are what to look at. A run of all parts goes into docs/performance.
 *
 * `npm run bench -- http start` runs these parts, `--json <file>` writes their results, `--attack <name>` has `fairness` run one attack only, and `--profile` runs none and
 * says what the server's time goes to.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { benchBatch } from "./batch.js";
import { benchFairness } from "./fairness.js";
import { benchFrontDoor } from "./front-door.js";
import { benchHttp } from "./http.js";
import { benchLatency } from "./latency.js";
import { benchLedger } from "./ledger.js";
import { benchMemory } from "./memory.js";
import { PARTS, readOptions } from "./options.js";
import { benchPages } from "./pages.js";
import { profile } from "./profile.js";
import { LOAD_CORE } from "./programs.js";
import { jsonOf, print, publish } from "./report.js";
import { benchSigning } from "./signing.js";
import { benchStart } from "./start.js";
import { benchVonage } from "./vonage.js";
import { benchWatching } from "./watching.js";

const BENCHES = {
  signing: benchSigning,
  vonage: benchVonage,
  http: benchHttp,
  latency: benchLatency,
  batch: benchBatch,
  ledger: benchLedger,
  pages: benchPages,
  "front-door": benchFrontDoor,
  start: benchStart,
  memory: benchMemory,
  watching: benchWatching,
  fairness: benchFairness,
};

async function run({ parts, profile: profiled, json, attack }) {
  execFileSync("taskset", ["-cp", LOAD_CORE, String(process.pid)], { stdio: "ignore" });
  if (profiled) return await profile();
  const results = [];
  for (const name of parts.length > 0 ? parts : PARTS) results.push(...(await BENCHES[name](attack)));
  print(results);
  if (json) writeFileSync(json, jsonOf(results));
  if (parts.length === 0) publish(results);
}

/** The options, or an end: the packages that are imported exit with 0 when nobody says another code. */
function optionsOrEnd() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

await run(optionsOrEnd());
