/**
 * `npm run bench`: ratios to others' code, measured side by side in one run. The figures themselves depend
 * on the machine; the ratios are what to look at. A run of all parts goes into docs/performance.
 *
 * `npm run bench -- http start` runs these parts, `--json <file>` writes their results, and `--attack <name>` has `fairness` run one
 * attack only.
 */
import { writeFileSync } from "node:fs";
import { PARTS, readOptions } from "./options.js";
import { moveToLoadCore } from "./programs.js";
import { jsonOf, print, publish } from "./report.js";

/** The options, or an end: the packages that are imported exit with 0 when nobody says another code. */
function optionsOrEnd() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

const { parts, json, attack } = optionsOrEnd();
moveToLoadCore();
const results = [];
for (const name of parts.length > 0 ? parts : PARTS) {
  const { bench } = await import(`./${name}.js`);
  results.push(...(await bench(attack)));
}
print(results);
if (json) writeFileSync(json, jsonOf(results));
if (parts.length === 0) publish(results);
