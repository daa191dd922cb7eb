import { parseEnv } from "node:util";
import { expect } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { API_SECRET, PRIVATE_KEY } from "../support/credentials.ts";
import type { Snippet } from "./markdown.ts";
import { serverForSnippets } from "./server-for-snippets.ts";
import { answerIn, type Outcome, runShell } from "./shell.ts";

/** What holds a snippet: it fails where the snippet does not work. */
export type Run = (snippet: Snippet) => void | Promise<void>;

/** An answer's data; what was asked must have no errors. */
// biome-ignore lint/suspicious/noExplicitAny: data has the shape of what was asked
type CheckData = (data: any) => void;

/** An operation that a server without authentication answers. */
export function operation(check: CheckData): Run {
  return async ({ code }) => {
    const { server, fill } = await serverForSnippets();
    const { data, errors } = await server.graphql(fill(code));
    expect(errors).toEqual([]);
    check(data);
  };
}

/** One curl that asks such a server. */
export function curl(check: CheckData): Run {
  return async ({ code }) => {
    const { fill } = await serverForSnippets();
    const { output, errors } = await runShell(fill(code));
    expect(errors).toBe("");
    const { status, body } = answerIn(output);
    expect([status, body.errors]).toEqual([200, undefined]);
    check(body.data);
  };
}

/** Commands that all succeed; see `stand-ins` for those that are not what they are called. */
export function commands(check: (outcome: Outcome) => void, env: Record<string, string> = {}): Run {
  return async ({ code }) => {
    const outcome = await runShell(code, env);
    expect([outcome.code, outcome.errors]).toEqual([0, ""]);
    check(outcome);
  };
}

/** Variables of `.env` that a server accepts, once its own secrets stand for `…`, together with `more`. */
export function settings(more: Record<string, string> = {}): Run {
  return ({ code }) => {
    const variables = parseEnv(
      code.replaceAll("…", API_SECRET).replaceAll("./private.key", `"${PRIVATE_KEY}"`),
    );
    expect(Object.keys(variables)).not.toEqual([]);
    const environment = { ...more, ...variables };
    expect(parseConfig(environment)).toBeDefined();
    // A variable that there is not would be accepted whatever its value. NODE_ENV may be anything.
    for (const name of Object.keys(variables).filter((name) => name !== "NODE_ENV"))
      expect(() => parseConfig({ ...environment, [name]: "\n" }), name).toThrow(name);
  };
}

/** Another test file has it, which reads the document by itself. */
export const heldBy = (file: string): { readonly file: string } => ({ file });
