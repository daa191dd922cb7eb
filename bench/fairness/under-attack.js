/** A server that is attacked for as long as something takes. */
import { setTimeout as sleep } from "node:timers/promises";
import { LOAD_CORE, withPrograms } from "../programs.js";

/** How long an attack takes to be in full swing, in milliseconds. */
const SWING_MS = 500;

/** Attacks the server at a URL while `use` runs. Resolves to the result of `use`, the label of the variant, and the attacker's answers by status and code, as JSON. */
export function underAttack(url, name, use) {
  const program = { script: "./fairness/attacker.js", args: [url, name], core: LOAD_CORE };
  return withPrograms([program], async ({ line, ask }) => {
    await sleep(SWING_MS);
    const result = await use();
    return { result, label: line, answers: await ask("end") };
  });
}
