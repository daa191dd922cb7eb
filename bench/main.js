/**
 * `npm run bench`: ratios to others' code, measured side by side in one run. The figures themselves depend
 * on the machine; the ratios are what to look at. A run of all parts goes into docs/performance.
 *
 * `npm run bench -- http start` runs these parts, `--json <file>` writes their results, and `--profile` runs none and
 * says what the server's time goes to.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { benchBatch } from "./batch.js";
import { benchFrontDoor } from "./front-door.js";
import { benchHttp } from "./http.js";
import { benchLatency } from "./latency.js";
import { benchLedger } from "./ledger.js";
import { benchMemory } from "./memory.js";
import { benchPages } from "./pages.js";
import { profile } from "./profile.js";
import { LOAD_CORE } from "./programs.js";
import { jsonOf, print, publish } from "./report.js";
import { benchSigning } from "./signing.js";
import { benchStart } from "./start.js";
import { benchVonage } from "./vonage.js";
import { benchWatching } from "./watching.js";

const PARTS = {
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
};

async function run({ values, positionals }) {
  const unknown = positionals.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown) {
    console.error(`There is no part ${unknown}; there are ${Object.keys(PARTS).join(", ")}`);
    // The packages that are imported exit with 0 when nobody says another code.
    process.exit(2);
  }
  execFileSync("taskset", ["-cp", LOAD_CORE, String(process.pid)], { stdio: "ignore" });
  if (values.profile) return await profile();
  const names = positionals.length > 0 ? positionals : Object.keys(PARTS);
  const results = [];
  for (const name of names) results.push(...(await PARTS[name]()));
  print(results);
  if (values.json) writeFileSync(values.json, jsonOf(results));
  if (positionals.length === 0) publish(results);
}

const options = { profile: { type: "boolean" }, json: { type: "string" } };
await run(parseArgs({ options, allowPositionals: true }));
