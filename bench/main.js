/**
 * `npm run bench` compares Stagepass with other code, side by side in one run. Figures depend on the machine, so compare the
 * ratios. A run of all parts updates docs/performance.
 *
 * `npm run bench -- http start` runs only these parts, `--json <file>` writes the results, and `--attack <name>` limits `fairness` to
 * one attack. `--base <commit>` makes `bans` compare with that commit too.
 *
 * Exits with 2 if an option is invalid, or a named part needs more cores. A run of all parts leaves that part out.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { lackOf, optionsOf, PARTS, readOptions } from "./options.js";
import { moveToLoadCore } from "./programs.js";
import { jsonOf, print, publish } from "./report.js";

const { parts, json, attack, base } = optionsOf(readOptions);
const isFull = parts.length === 0;
// Read before this process moves to one core.
const cores = availableParallelism();
const names = (isFull ? PARTS : parts).filter((name) => {
  const lack = lackOf(name, cores);
  if (lack) console.error(lack);
  if (lack && !isFull) process.exit(2);
  return !lack;
});
moveToLoadCore();
const results = [];
for (const name of names) {
  const { bench } = await import(`./${name}.js`);
  results.push(...(await bench({ attack, base, cores })));
}
print(results);
if (json) writeFileSync(json, jsonOf(results));
if (isFull) publish(results);
