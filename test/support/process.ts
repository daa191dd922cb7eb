import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { checkForSecrets } from "./credentials.ts";

/** The built program. */
export const MAIN = fileURLToPath(new URL("../../bundle/main.js", import.meta.url));

/** The built server as a process of its own, in `cwd`, with nothing in its environment but `env`. */
export function spawnServer(
  cwd: string,
  env: Record<string, string> = {},
  command = [process.execPath, MAIN],
) {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env.PATH, PORT: "0", LOG_LEVEL: "trace", ...env },
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const exited = once(child, "close").then(([code, signal]) => ({ code, signal }));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
    checkForSecrets(output + errors);
  });

  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** How it ended. */
    exited,
    output: () => output,
    /** Stops reading what it prints. */
    closeOutput: () => child.stdout.destroy(),
    errors: () => errors,

    /** Where it serves GraphQL, as it printed when it was ready. */
    async url(): Promise<string> {
      for (;;) {
        const url = /^Stagepass serves GraphQL at (\S+)$/m.exec(output)?.[1];
        if (url) return url;
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`the server has ended: ${errors}`);
        await Promise.race([once(child.stdout, "data"), exited]);
      }
    },
  };
}
