import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ApolloServerErrorCode } from "@apollo/server/errors";
import { describe, expect, it } from "vitest";
import { SITUATIONS, type Situation } from "./error-situations.ts";
import { headings, ROOT, type Snippet, snippets, textOf } from "./markdown.ts";
import { answerIn, runShell } from "./shell.ts";

const DOCUMENT = "docs/errors.md";

/** The codes that have a section. */
const documented = headings(textOf(DOCUMENT))
  .map((heading) => /^`([A-Z_]+)`$/.exec(heading)?.[1])
  .filter((code) => code !== undefined);

/** The prose and the snippets of a code's section. */
function sectionOf(code: string) {
  const [, section = ""] = textOf(DOCUMENT).split(`\n### \`${code}\`\n`);
  const [text = ""] = section.split(/^##/m);
  const [question, answer] = snippets(DOCUMENT).filter(({ heading }) => heading === `\`${code}\``);
  if (!question || !answer) throw new Error(`the section of ${code} has no question, or no answer`);
  return { text, question, answer };
}

/** The codes that the source answers with. */
function codesOfTheSource(): Set<string> {
  const source = readdirSync(resolve(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(resolve(ROOT, "src", name), "utf8"))
    .join("\n");
  const [, statuses = ""] = /const CODES\b[^{]*\{([^}]*)\}/.exec(source) ?? [];
  const [, untrusted = ""] = /type NotTrusted = ([^;]*);/.exec(source) ?? [];
  const quoted = (text: string) => [...text.matchAll(/"([A-Z_]+)"/g)].map(([, code = ""]) => code);
  const thrown = [...source.matchAll(/(?:super\(\s*|\bcode(?::| \?\?=) )"([A-Z_]{4,})"/g)];
  return new Set([...quoted(statuses), ...quoted(untrusted), ...thrown.map(([, code = ""]) => code)]);
}

/** Asks what the document asks. */
async function ask({ server, fill, credential }: Situation, { language, code }: Snippet) {
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
  return { status: response.status, body: await response.json() };
}

/** The answer with `…` where the document has it. */
function likeDocumented(answered: unknown, shown: unknown): unknown {
  if (typeof answered === "string" && typeof shown === "string" && shown.includes("…")) {
    const pattern = shown.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${pattern.join(".+")}$`, "s").test(answered) ? shown : answered;
  }
  // Of a minute, which may have begun a second ago.
  if (typeof answered === "number" && shown === 60) return shown;
  if (typeof answered !== "object" || answered === null || typeof shown !== "object" || shown === null)
    return answered;
  const entries = Object.entries(answered).map(([name, value]) => [
    name,
    likeDocumented(value, (shown as Record<string, unknown>)[name]),
  ]);
  return Array.isArray(answered) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}

it("every code that can be answered has a section, and there are no others", () => {
  const codes = codesOfTheSource();
  expect(codes.size).toBeGreaterThan(20);
  // Apollo Server's own, but for the one that only a server without automatic persisted queries answers.
  for (const code of Object.values(ApolloServerErrorCode)) codes.add(code);
  codes.delete("PERSISTED_QUERY_NOT_SUPPORTED");
  expect([...documented].sort()).toEqual([...codes].sort());
});

it("every situation is of a code that has a section", () => {
  expect(Object.keys(SITUATIONS).sort()).toEqual([...documented].sort());
});

describe("the example is what the server answers", () => {
  it.each(documented)("%s", async (code) => {
    const { text, question, answer } = sectionOf(code);
    const situation = await SITUATIONS[code]?.();
    if (!situation) throw new Error("there is no situation for it");
    const { status, body } = await ask(situation, question);
    const shown = JSON.parse(answer.code);
    expect(likeDocumented(body, shown)).toEqual(shown);
    expect(shown.errors[0].extensions.code).toBe(code);
    expect(text).toMatch(new RegExp(`^\\nStatus ${status}\\b`));
    const members = Object.keys(shown.errors[0].extensions).filter((member) => member !== "code");
    for (const member of members) expect(text).toMatch(new RegExp(`\`(extensions\\.)?${member}`));
  });
});
