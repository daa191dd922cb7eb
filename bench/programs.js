/** Programs on their own core. Each prints a line when it is ready, and may answer messages. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The core of the measured programs. */
export const CORE = "0";
/** The core of the load. */
export const LOAD_CORE = "1";
/** Linux counts processor time in hundredths of a second. */
const MS_PER_TICK = 10;
/** How long a program may take to exit, in milliseconds. */
const END_MS = 10_000;

/** Moves this process to cores, as `taskset` takes them. The programs that it starts run there too, unless they have their own. */
export const moveTo = (cores) =>
  execFileSync("taskset", ["-cp", cores, String(process.pid)], { stdio: "ignore" });

/** Moves this process to the core of the load. */
export const moveToLoadCore = () => moveTo(LOAD_CORE);

/**
 * Starts Node.js programs, passes them to `use` with the first line of each, and always ends them. `ask` sends a program a message and
 * resolves to its answer.
 *
 * A program has a `script`; optionally `nodeOptions`, `args`, an `env`, another `core`, and a `log`, as in the `stdio` of `spawn`. A
 * `detached` program does not get the terminal's Ctrl-C.
 */
export async function withPrograms(programs, use) {
  const children = [];
  try {
    const started = [];
    for (const program of programs) {
      const child = start(program);
      children.push(child);
      const ended = once(child, "exit").then(() => {
        throw new Error(`${program.script} has ended`);
      });
      ended.catch(() => {});
      const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
      const ask = async (order) => {
        child.send(order);
        const [answer] = await Promise.race([once(child, "message"), ended]);
        return answer;
      };
      started.push({ child, line, ask });
    }
    return await use(...started);
  } finally {
    await Promise.all(children.map(stop));
  }
}

function start({ script, nodeOptions = [], args = [], env, core = CORE, detached, log = "inherit" }) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return spawn("taskset", ["-c", core, process.execPath, ...nodeOptions, path, ...args], {
    env: { ...process.env, NODE_ENV: "production", ...env },
    stdio: ["ignore", "pipe", log, "ipc"],
    detached,
  });
}

async function stop(child) {
  if (hasEnded(child)) return;
  const force = setTimeout(() => child.kill("SIGKILL"), END_MS);
  child.kill();
  await once(child, "exit");
  clearTimeout(force);
}

/** The processor time that a program has used, in milliseconds. */
export function processorTime({ pid }) {
  const [, , ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8").split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

export const hasEnded = ({ exitCode, signalCode }) => exitCode !== null || signalCode !== null;

/** The URL in a line. */
export const urlIn = (line) => /http:\S+/.exec(line)[0];
