import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

/** A user without privileges if the tests run as root; otherwise the current user. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** Changes the owner of a folder to that user. */
export function giveAway(folder: string): void {
  if (NOBODY.uid !== undefined) execFileSync("chown", ["-R", `${NOBODY.uid}:${NOBODY.gid}`, folder]);
}

/** Starts a program as that user, with only `env` in its environment. */
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
    /** Whether it has ended. */
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    /** Sends it and its children the signal to stop, as a terminal does. */
    stop: (signal: NodeJS.Signals) => child.pid !== undefined && process.kill(-child.pid, signal),
    output: () => output,
    errors: () => errors,
    exited: once(child, "close").then(([code]) => ({ code: code as number | null, output, errors })),
  };
}
