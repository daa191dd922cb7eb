import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { parseEnv } from "node:util";
import { expect } from "vitest";
import { NO_PERMISSIONS, readGrant } from "../../src/access/permissions.ts";
import { parseConfig } from "../../src/config/config.ts";
import { JWT_SECRET } from "../support/callers.ts";
import { API_SECRET, OPENTOK, PRIVATE_KEY } from "../support/credentials.ts";
import { type Snippet, textOf } from "./markdown.ts";
import { sharedServer } from "./server-for-snippets.ts";
import { answerIn, runShell, usedFolder } from "./shell.ts";

/** The test of a snippet. It fails if the snippet does not work. */
export type Run = (snippet: Snippet) => void | Promise<void>;

/** An answer's data; the answer has no errors. */
// biome-ignore lint/suspicious/noExplicitAny: data has the shape of its query
type CheckData = (data: any) => void;

/** An operation for a server without authentication, which snippets share unless it is their own. */
export function operation(check: CheckData, serverFor = sharedServer): Run {
  return async ({ code }) => {
    const { server, fill } = await serverFor();
    const { data, errors } = await server.graphql(fill(code));
    expect(errors).toEqual([]);
    check(data);
  };
}

/** One curl command for such a server, or for one that requires this credential, the command's `STAGEPASS_KEY`. */
export function curl(check: CheckData, credential?: string): Run {
  return async ({ code }) => {
    const { fill } = await sharedServer(credential ? { AUTH_JWT_SECRET: JWT_SECRET } : {}, credential);
    const { output, errors } = await runShell(fill(code), credential ? { STAGEPASS_KEY: credential } : {});
    expect(errors).toBe("");
    const { status, body } = answerIn(output);
    expect([status, body.errors]).toEqual([200, undefined]);
    check(body.data);
  };
}

/** Commands of `stagepass` that all succeed, and whose output matches. */
export function commands(printed: RegExp, env: Record<string, string> = {}): Run {
  return async ({ code }) => {
    const outcome = await runShell(code, env, await usedFolder());
    expect(outcome).toMatchObject({ code: 0, errors: "" });
    expect(outcome.output).toMatch(printed);
  };
}

/** The options of `npm run <script>`, each line read by the script itself. */
export function options(script: string, readOptions: (args: string[]) => object): Run {
  return (snippet) => {
    isShell(snippet);
    const lines = snippet.code.match(new RegExp(`^npm run ${script}\\b[^#\\n]*`, "gm")) ?? [];
    expect(lines).toHaveLength(snippet.code.trim().split("\n").length);
    for (const line of lines) readOptions(line.split(" -- ")[1]?.trim().split(/ +/) ?? []);
  };
}

/**
 * Commands that are not run, because they install packages or need an unusual program. The shell can parse them, and their scripts,
 * packages and files exist.
 */
export const isShell: Run = ({ code }) => {
  execFileSync("sh", ["-n"], { input: code });
  const { scripts } = JSON.parse(textOf("package.json"));
  for (const [, script = ""] of code.matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:]+)/g))
    expect(scripts).toHaveProperty([script]);
  for (const [, packages = ""] of code.matchAll(/^npm install (?:--save-dev )?(.*)$/gm))
    for (const name of packages.split(" "))
      expect(existsSync(`node_modules/${name}/package.json`), name).toBe(true);
  for (const [, program] of code.matchAll(/^npx (\S+)/gm))
    expect(existsSync(`node_modules/.bin/${program}`), program).toBe(true);
  for (const [, file = ""] of code.matchAll(/ --schema (\S+)/g))
    expect(existsSync(file) || code.includes(` > ${file}\n`), file).toBe(true);
};

/** Variables of `.env` that a server accepts, with secrets in place of `…`. */
export const settings: Run = ({ code }) => {
  const values = code.replaceAll("…", API_SECRET).replaceAll("./private.key", `"${PRIVATE_KEY}"`);
  const variables = parseEnv(values);
  expect(Object.keys(variables)).not.toEqual([]);
  // Replicas on one database need the same project.
  const environment = { ...("DATABASE_URL" in variables && OPENTOK), ...variables };
  expect(parseConfig(environment)).toBeDefined();
  // An unknown variable would be accepted with any value. NODE_ENV may be anything.
  for (const name of Object.keys(variables).filter((name) => name !== "NODE_ENV"))
    expect(() => parseConfig({ ...environment, [name]: "\n" }), name).toThrow(name);
};

/** The grant of an API key, which the server understands. */
export const isAGrant: Run = ({ code }) => {
  const { permissions, problems } = readGrant(JSON.parse(code).video_grant);
  expect(problems).toEqual([]);
  expect(permissions).not.toEqual(NO_PERMISSIONS);
};

/** A diagram of a kind that Mermaid has. */
export const isADiagram: Run = ({ code }) => expect(code).toMatch(/^(flowchart (TD|LR)|sequenceDiagram)\n/);

/** Another test file reads the document and tests it. */
export const heldBy = (file: string): { readonly file: string } => ({ file });
