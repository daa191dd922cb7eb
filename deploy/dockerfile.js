/** What a Dockerfile says, in so far as it can be done without a container engine. What cannot be is an error. */
import { DockerfileParser } from "dockerfile-ast";

/**
 * @typedef {{ keyword: string, line: number, flags: Record<string, string>, words: string[], text: string,
 *   pairs: Record<string, string> }} Step
 * @typedef {{ name: string, base: string, steps: Step[] }} Stage
 */

/** The instructions that can be done, with the flags that each may have. */
const KNOWN = {
  FROM: [],
  WORKDIR: [],
  COPY: ["from", "chown"],
  RUN: [],
  ARG: [],
  ENV: [],
  LABEL: [],
  VOLUME: [],
  EXPOSE: [],
  USER: [],
  HEALTHCHECK: ["interval", "timeout", "start-period"],
  ENTRYPOINT: [],
  CMD: [],
};

/** Instructions in which a container engine puts in variables, and this does not. */
const EXPANDED = ["FROM", "WORKDIR", "COPY", "ARG", "ENV", "LABEL", "VOLUME", "EXPOSE", "USER"];

/**
 * @param {string} text
 * @returns {Stage[]} in the order of the file; a stage without a name has its number
 */
export function parseDockerfile(text) {
  /** @type {Stage[]} */
  const stages = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const step = stepOf(instruction);
    if (step.keyword === "FROM") {
      const [base = "", as, name] = step.words;
      if (as !== undefined && !/^as$/i.test(as)) throw problem(step, "has more than an image and a name");
      stages.push({ name: name ?? String(stages.length), base, steps: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (stage === undefined) throw problem(step, "comes before FROM");
    stage.steps.push(step);
  }
  if (stages.length === 0) throw new Error("the Dockerfile has no FROM");
  return stages;
}

/** @returns {Step} */
function stepOf(instruction) {
  const keyword = instruction.getKeyword();
  const text = instruction.getArgumentsContent() ?? "";
  const step = {
    keyword,
    line: instruction.getRange().start.line + 1,
    text,
    flags: {},
    words: [],
    pairs: {},
  };
  const flags = KNOWN[keyword];
  if (flags === undefined) throw problem(step, "is not known here");
  // The parser knows flags where it expects them; where it does not, they are words.
  for (const flag of instruction.getFlags?.() ?? []) {
    if (!flags.includes(flag.getName())) throw problem(step, `has a flag that is not known here: ${flag}`);
    step.flags[flag.getName()] = flag.getValue();
  }
  step.words = instruction.getArguments().map(String);
  if (step.words[0]?.startsWith("--"))
    throw problem(step, `has a flag that is not known here: ${step.words[0]}`);
  if (text.includes("<<")) throw problem(step, "has a here-document, which is not known here");
  if (EXPANDED.includes(keyword) && text.includes("$"))
    throw problem(step, "has a variable, and none is put in here");
  for (const pair of instruction.getProperties?.() ?? []) step.pairs[pair.getName()] = pair.getValue() ?? "";
  return step;
}

/**
 * The command of an instruction in the exec form. In the shell form, a signal reaches the shell.
 *
 * @param {Step} step
 * @param {string} [text] of the command
 * @returns {string[]}
 */
export function execForm(step, text = step.text) {
  try {
    const words = JSON.parse(text);
    if (Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === "string"))
      return words;
  } catch {
    // Falls through to the rule.
  }
  throw problem(step, 'must be in the exec form, ["program", "argument"]');
}

/**
 * @param {Step} step
 * @param {string} what
 */
export function problem({ keyword, line }, what) {
  return new Error(`Dockerfile, line ${line}: ${keyword} ${what}`);
}
