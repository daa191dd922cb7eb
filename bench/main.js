/**
 * `npm run bench`: ratios to others' code, measured side by side in one run. The figures themselves depend
 * on the machine; the ratios are what to look at. A run of all parts goes into docs/performance.
 *
 * `npm run bench -- http start` runs these parts, `--json <file>` writes their results, and `--attack <name>` has `fairness` run one
 * attack only.
 */
import { writeFileSync } from "node:fs";
import { optionsOf, PARTS, readOptions } from "./options.js";
import { moveToLoadCore } from "./programs.js";
import { jsonOf, print, publish } from "./report.js";

const { parts, json, attack } = optionsOf(readOptions);
moveToLoadCore();
const results = [];
for (const name of parts.length > 0 ? parts : PARTS) {
  const { bench } = await import(`./${name}.js`);
  results.push(...(await bench(attack)));
}
print(results);
if (json) writeFileSync(json, jsonOf(results));
if (parts.length === 0) publish(results);
