import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { API_KEY, API_SECRET, checkForSecrets } from "./credentials.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** The built program. */
export const CLI = fileURLToPath(new URL("../../bundle/cli.js", import.meta.url));

/** The output and exit code of a shell command. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/**
 * Runs `stagepass` in a folder, with only `env` in its environment, and checks that it prints no secret.
 *
 * @param input its standard input
 * @param script a shell script that runs it as `"$@"`
 */
export async function stagepass(
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
  input = "",
  script = 'exec "$@"',
): Promise<Ended> {
  const command = ["-c", script, "sh", process.execPath, CLI, ...args];
  const child = spawn("sh", command, { cwd, env: { PATH: process.env.PATH, ...env } });
  // A command that reads nothing may have ended.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const [code] = await once(child, "close");
  checkForSecrets(output + errors);
  return { code, output, errors };
}

/** The built server as a process, in `cwd`, with only `env` in its environment. */
export function spawnServer(
  cwd: string,
  env: Record<string, string> = {},
  command = [process.execPath, CLI],
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
    pid: child.pid,
    /** Writes to its standard input. */
    write: (text: string) => child.stdin.write(text),
    /** Writes to its standard input, and ends that. */
    endInput: (text: string) => child.stdin.end(text),
    /** Resolves when its output matches. */
    async printed(pattern: RegExp): Promise<void> {
      while (!pattern.test(output)) {
        if (child.exitCode !== null) throw new Error(`it has ended: ${output}${errors}`);
        await Promise.race([once(child.stdout, "data"), exited]);
      }
    },
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Its exit code or signal. */
    exited,
    output: () => output,
    /** Stops reading its output. */
    closeOutput: () => child.stdout.destroy(),
    errors: () => errors,

    /** The GraphQL URL that it prints when ready. */
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

/** A server on the local platform and a database, in its own folder. Servers on one database are replicas. */
export function spawnReplica(databaseUrl: string, env: Record<string, string> = {}) {
  return spawnServer(temporaryFolder(), {
    PLATFORM: "local",
    OPENTOK_API_KEY: API_KEY,
    OPENTOK_API_SECRET: API_SECRET,
    DATABASE_URL: databaseUrl,
    ...env,
  });
}
