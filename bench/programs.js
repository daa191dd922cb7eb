/** Other programs on a core of their own, which talk in lines. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Of what is measured. */
const CORE = "0";
/** Of what measures it. */
export const LOAD_CORE = "1";

/** Starts the programs, on the core of what is measured unless they say another, hands them to `use` with the first line that each has printed, and ends them whatever happens. One that is `detached` does not hear the terminal's Ctrl-C. `log` is where standard error goes, as `spawn` has it. */
export async function withPrograms(programs, use) {
  const children = [];
  try {
    const started = [];
    for (const { script, args = [], env = {}, core = CORE, detached = false, log = "inherit" } of programs) {
      const path = fileURLToPath(new URL(script, import.meta.url));
      const child = spawn("taskset", ["-c", core, process.execPath, path, ...args], {
        env: { ...process.env, NODE_ENV: "production", ...env },
        stdio: ["pipe", "pipe", log],
        detached,
      });
      children.push(child);
      await once(child, "spawn");
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      const read = async () => {
        const { value, done } = await lines.next();
        if (done) throw new Error(`${script} has ended`);
        return value;
      };
      const ask = (order) => {
        child.stdin.write(`${order}\n`);
        return read();
      };
      started.push({ child, line: await read(), ask });
    }
    return await use(...started);
  } finally {
    await Promise.all(children.map(stop));
  }
}

/** How long a program may take to end by itself, in milliseconds. */
const END_MS = 10_000;

/** Ends a program, and resolves when it has ended. */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const force = setTimeout(() => child.kill("SIGKILL"), END_MS);
  child.kill();
  await once(child, "exit");
  clearTimeout(force);
}

/** The URL in a line. */
export const urlIn = (line) => /http:\S+/.exec(line)[0];
