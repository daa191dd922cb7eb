/** A server under attack. */
import { setTimeout as sleep } from "node:timers/promises";
import { LOAD_CORE, withPrograms } from "../programs.js";

/** How long an attack takes to reach full load, in milliseconds. */
const SWING_MS = 500;

/** Attacks a server while `use` runs. Resolves to its result, the variant's label, and JSON counts of the answers by status and code. */
export function underAttack(url, name, use) {
  const program = { script: "./fairness/attacker.js", args: [url, name], core: LOAD_CORE };
  return withPrograms([program], async ({ line, ask }) => {
    await sleep(SWING_MS);
    const result = await use();
    return { result, label: line, answers: await ask("end") };
  });
}
