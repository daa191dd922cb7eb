import { ApolloServerErrorCode } from "@apollo/server/errors";
import { afterAll, describe, expect, it } from "vitest";
import { ERROR_CODES, ERRORS } from "../../src/errors.ts";
import { SITUATIONS, type Situation } from "./error-situations.ts";
import { headings, type Snippet, snippets, textOf } from "./markdown.ts";
import { stopSharedServers } from "./server-for-snippets.ts";
import { type Answer, answerIn, runShell } from "./shell.ts";

afterAll(stopSharedServers);

const DOCUMENT = "docs/errors.md";

/** The codes that have a section. */
const documented = headings(textOf(DOCUMENT))
  .map((heading) => /^`([A-Z_]+)`$/.exec(heading)?.[1])
  .filter((code) => code !== undefined);

/** The members of extensions that the document explains for all codes. */
const EVERYWHERE = new Set(["code", "retryable", "retryAfterSeconds"]);

/** The prose and the snippets of a code's section. */
function sectionOf(code: string) {
  const [, section = ""] = textOf(DOCUMENT).split(`\n### \`${code}\`\n`);
  const [text = ""] = section.split(/^##/m);
  const [question, answer, ...others] = snippets(DOCUMENT).filter(({ heading }) => heading === `\`${code}\``);
  if (!question || !answer || others.length > 0 || answer.language !== "json")
    throw new Error(`the section of ${code} must have one question and its answer, and no other snippet`);
  return { text, question, answer };
}

/** Sends the document's request. */
async function ask({ server, fill, credential }: Situation, { language, code }: Snippet): Promise<Answer> {
  if (language === "sh") {
    const { output } = await runShell(fill(code), { ACCESS_TOKEN: credential ?? "" });
    return answerIn(output);
  }
  const response = await fetch(server.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(credential && { authorization: `Bearer ${credential}` }),
    },
    body: JSON.stringify({ query: fill(code) }),
  });
  const retryAfter = response.headers.get("retry-after");
  return { status: response.status, retryAfter, body: await response.json() };
}

/** The answer, with `…` in the same places as the document. */
function likeDocumented(answered: unknown, shown: unknown): unknown {
  if (typeof answered === "string" && typeof shown === "string" && shown.includes("…")) {
    const pattern = shown.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${pattern.join(".+")}$`, "s").test(answered) ? shown : answered;
  }
  // The minute may have begun a second ago.
  if (typeof answered === "number" && answered > 50 && answered <= 60 && shown === 60) return shown;
  if (typeof answered !== "object" || answered === null || typeof shown !== "object" || shown === null)
    return answered;
  const entries = Object.entries(answered).map(([name, value]) => [
    name,
    likeDocumented(value, (shown as Record<string, unknown>)[name]),
  ]);
  return Array.isArray(answered) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}

it("exactly the codes of the API have sections", () => {
  expect([...documented].sort()).toEqual([...ERROR_CODES].sort());
});

it("the table has the descriptions of the schema", () => {
  const yes = { true: "Yes", false: "No", null: "Depends" };
  const rows = ERROR_CODES.map((code) => {
    const { description, retryable } = ERRORS[code];
    return `| [\`${code}\`](#${code.toLowerCase()}) | ${description} | ${yes[`${retryable}`]} |`;
  });
  expect(textOf(DOCUMENT)).toContain(`| --- | --- | --- |\n${rows.join("\n")}\n\n`);
});

it("the codes of Apollo Server are among them", () => {
  // Except the code that only a server without automatic persisted queries returns.
  const { PERSISTED_QUERY_NOT_SUPPORTED: _, ...answered } = ApolloServerErrorCode;
  expect(ERROR_CODES).toEqual(expect.arrayContaining(Object.values(answered)));
});

/** The snippets outside the sections of codes. */
const elsewhere = snippets(DOCUMENT).filter(({ heading }) => !/^`[A-Z_]+`$/.test(heading));

it("snippets are in the sections of codes, except how a client handles an error", () => {
  expect(elsewhere.map(({ heading, language }) => [heading, language])).toEqual([["Errors", "js"]]);
});

it.each([
  ["UNAUTHENTICATED", {}, ["signIn"]],
  ["BAD_USER_INPUT", { argument: "data" }, ["showBesideField", "data", "message"]],
  ["RATE_LIMITED", { retryable: true, retryAfterSeconds: 7 }, ["setTimeout", "retry", 7000]],
  ["PLATFORM_UNAVAILABLE", { retryable: true }, ["setTimeout", "retry", 2000]],
  ["FORBIDDEN", {}, ["showMessage", "message"]],
])("a client handles %s as its snippet says", (code, members, expected) => {
  const done: unknown[][] = [];
  const names = ["signIn", "showBesideField", "setTimeout", "showMessage"];
  const handle = new Function("error", "retry", ...names, elsewhere[0]?.code ?? "");
  const acts = names.map(
    (name) =>
      (...given: unknown[]) =>
        void done.push([name, ...given]),
  );
  handle({ message: "message", extensions: { code, retryable: false, ...members } }, "retry", ...acts);
  expect(done).toEqual([expected]);
});

describe("the example matches the server's answer", () => {
  it.each(ERROR_CODES)("%s", async (code) => {
    const { text, question, answer } = sectionOf(code);
    const situation = await SITUATIONS[code]();
    const { status, retryAfter, body } = await ask(situation, question);
    const shown = JSON.parse(answer.code);
    expect(likeDocumented(body, shown)).toEqual(shown);
    expect(shown.errors[0].extensions.code).toBe(code);
    expect(text).toMatch(new RegExp(`^\\nStatus ${status}\\b`));
    const [{ extensions }] = body.errors;
    expect(extensions.retryable).toEqual(ERRORS[code].retryable ?? expect.any(Boolean));
    if ([429, 503].includes(status)) expect(retryAfter).toBe(String(extensions.retryAfterSeconds));
    else expect(retryAfter).toBeNull();
    const members = Object.keys(shown.errors[0].extensions).filter((member) => !EVERYWHERE.has(member));
    for (const member of members) expect(text).toMatch(new RegExp(`\`(extensions\\.)?${member}`));
  });
});
