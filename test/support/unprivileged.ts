import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

/** A user who may do nothing, where the tests run as root; else whoever runs them. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** Gives a folder to that user. */
export function giveAway(folder: string): void {
  if (NOBODY.uid !== undefined) execFileSync("chown", ["-R", `${NOBODY.uid}:${NOBODY.gid}`, folder]);
}

/** Starts a program as that user, with nothing in its environment but `env`. */
export function spawnUnprivileged(cwd: string, command: readonly string[], env: Record<string, string>) {
  const [program = "", ...args] = command;
  const environment = { PATH: process.env.PATH, ...env };
  const child = spawn(program, args, { cwd, env: environment, detached: true, ...NOBODY });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  return {
    /** Whether it runs no more. */
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    /** Tells it to stop with all that it has started, as a terminal does. */
    stop: (signal: NodeJS.Signals) => child.pid !== undefined && process.kill(-child.pid, signal),
    output: () => output,
    errors: () => errors,
    exited: once(child, "close").then(([code]) => ({ code: code as number | null, output, errors })),
  };
}
