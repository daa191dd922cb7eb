import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLI } from "../support/process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** What a command of a document did. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/**
 * Runs commands of a document as a shell does, up to the first that fails, in a folder and with nothing in the environment but
 * `env`; `npx stagepass` is the built program. After each answer curl writes its status, in a line of its own.
 */
export function runShell(
  code: string,
  env: Record<string, string> = {},
  cwd = temporaryFolder(),
): Promise<Outcome> {
  const home = temporaryFolder();
  writeFileSync(join(home, ".curlrc"), 'silent\nwrite-out = "\\n%{http_code}\\n"\n');
  const environment = { PATH: process.env.PATH, HOME: home, CURL_HOME: home, ...env };
  const script = code.replaceAll("npx stagepass", `'${process.execPath}' '${CLI}'`);
  return new Promise((resolve) => {
    execFile("sh", ["-ec", script], { cwd, env: environment, timeout: 25_000 }, (error, output, errors) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, output, errors }),
    );
  });
}

/** An answer that curl wrote, with its status. */
// biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of what was asked
export function answerIn(output: string): { status: number; body: any } {
  const [, body = "", status] = /^([\s\S]*)\n(\d{3})\n$/.exec(output) ?? [];
  return { status: Number(status), body: JSON.parse(body) };
}
