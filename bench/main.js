/**
 * `npm run bench` compares Stagepass with other code, side by side in one run. Figures depend on the machine, so compare the
 * ratios. A run of all parts updates docs/performance.
 *
 * `npm run bench -- http start` runs only these parts, `--json <file>` writes the results, and `--attack <name>` limits `fairness` to
 * one attack. `--base <commit>` makes `bans` compare with that commit too.
 */
import { writeFileSync } from "node:fs";
import { optionsOf, PARTS, readOptions } from "./options.js";
import { moveToLoadCore } from "./programs.js";
import { jsonOf, print, publish } from "./report.js";

const { parts, json, attack, base } = optionsOf(readOptions);
moveToLoadCore();
const results = [];
for (const name of parts.length > 0 ? parts : PARTS) {
  const { bench } = await import(`./${name}.js`);
  results.push(...(await bench({ attack, base })));
}
print(results);
if (json) writeFileSync(json, jsonOf(results));
if (parts.length === 0) publish(results);
