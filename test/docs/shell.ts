import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { temporaryFolder } from "../support/temporary-folder.ts";

const STAND_INS = join(import.meta.dirname, "stand-ins");

/** What a command of a document did. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
  /** The commands that were called of those that have a stand-in, each with its arguments. */
  readonly calls: readonly string[][];
}

/**
 * Runs commands of a document as a person's shell would, up to the first that fails, in a folder and with nothing in the
 * environment but `env`. What installs, or is not on every machine, has a stand-in in `stand-ins`. After each answer curl
 * writes its status, in a line of its own.
 */
export function runShell(
  code: string,
  env: Record<string, string> = {},
  cwd = temporaryFolder(),
): Promise<Outcome> {
  const home = temporaryFolder();
  const bin = join(home, "bin");
  mkdirSync(bin);
  for (const program of readdirSync(STAND_INS).filter((name) => name !== "command.js")) {
    const path = join(bin, basename(program, ".js"));
    writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${join(STAND_INS, program)}' "$@"\n`);
    chmodSync(path, 0o755);
  }
  writeFileSync(join(home, ".curlrc"), 'silent\nwrite-out = "\\n%{http_code}\\n"\n');
  const calls = join(home, "calls");
  const environment = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: home,
    CURL_HOME: home,
    STAND_IN_CALLS: calls,
    ...env,
  };
  return new Promise((resolve) => {
    execFile("sh", ["-ec", code], { cwd, env: environment, timeout: 25_000 }, (error, output, errors) =>
      resolve({
        code: error ? Number(error.code ?? -1) : 0,
        output,
        errors,
        calls: existsSync(calls)
          ? readFileSync(calls, "utf8")
              .trim()
              .split("\n")
              .map((line) => JSON.parse(line))
          : [],
      }),
    );
  });
}

/** An answer that curl wrote, with its status. */
// biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of what was asked
export function answerIn(output: string): { status: number; body: any } {
  const [, body = "", status] = /^([\s\S]*)\n(\d{3})\n$/.exec(output) ?? [];
  return { status: Number(status), body: JSON.parse(body) };
}
