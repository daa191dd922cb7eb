import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLI } from "../support/process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** The outcome of a document's command. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/**
 * Runs a document's commands in a shell until one fails, in a folder and with only `env` in the environment. `npx stagepass` is the
 * built program. After each answer, curl writes a line with its status and its Retry-After.
 */
export function runShell(
  code: string,
  env: Record<string, string> = {},
  cwd = temporaryFolder(),
): Promise<Outcome> {
  const home = temporaryFolder();
  writeFileSync(join(home, ".curlrc"), 'silent\nwrite-out = "\\n%{http_code} %header{retry-after}\\n"\n');
  const environment = { PATH: process.env.PATH, HOME: home, CURL_HOME: home, ...env };
  const script = code.replaceAll("npx stagepass", `'${process.execPath}' '${CLI}'`);
  return new Promise((resolve) => {
    execFile("sh", ["-ec", script], { cwd, env: environment, timeout: 25_000 }, (error, output, errors) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, output, errors }),
    );
  });
}

/** A folder where `stagepass` was used before, so it has a database. */
export async function usedFolder(): Promise<string> {
  const folder = temporaryFolder();
  await runShell("npx stagepass migrate", {}, folder);
  return folder;
}

/** An answer, with its status and its Retry-After. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of its query
  readonly body: any;
}

/** An answer that curl wrote. */
export function answerIn(output: string): Answer {
  const [, body = "", status, retryAfter] = /^([\s\S]*)\n(\d{3}) (\d*)\n$/.exec(output) ?? [];
  return { status: Number(status), retryAfter: retryAfter || null, body: JSON.parse(body) };
}
