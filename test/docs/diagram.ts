import { expect } from "vitest";
import type { Run } from "./run-snippets.ts";

const ARROW = /^(\w+) *(?:-->>|->>|--x|-x|--\)|-\)) *[+-]?(\w+) *: *\S.*$/;
const NOTE = /^Note (?:over|left of|right of) (\w+)(?:, *(\w+))? *: *\S.*$/;
const BLOCKS = /^(?:alt|opt|loop|par|critical|break|rect)\b/;

/** The lines of a diagram that say something. */
const linesOf = (code: string) =>
  code
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("%%"));

function checkSequence(lines: readonly string[]): void {
  const declared = new Set<string>();
  const used = new Set<string>();
  let open = 0;
  for (const line of lines) {
    const [, participant] = /^(?:participant|actor) (\w+)(?: as .+)?$/.exec(line) ?? [];
    const names = ARROW.exec(line)?.slice(1) ?? NOTE.exec(line)?.slice(1);
    if (participant) declared.add(participant);
    else if (names) for (const name of names) name && used.add(name);
    else if (BLOCKS.test(line)) open += 1;
    else if (line === "end") open -= 1;
    else expect(line).toMatch(/^(?:else|and|option)\b|^autonumber$/);
    expect(open).toBeGreaterThanOrEqual(0);
  }
  expect(open).toBe(0);
  expect([...used].sort()).toEqual([...declared].sort());
}

function checkFlow(lines: readonly string[]): void {
  const declared = new Set<string>();
  const used = new Set<string>();
  let open = 0;
  for (const line of lines) {
    const [, node] = /^(\w+)(?:\["[^"]+"\]|\[\("[^"]+"\)\]|\(\["[^"]+"\]\))$/.exec(line) ?? [];
    const edge = /^(\w+(?: & \w+)*) *(?:-->|-\.->)(?:\|[^|]+\|)? *(\w+(?: & \w+)*)$/.exec(line)?.slice(1);
    if (node) declared.add(node);
    else if (edge) for (const name of edge.flatMap((side) => side.split(" & "))) used.add(name);
    else if (/^subgraph \w+(?:\["[^"]+"\])?$/.test(line)) open += 1;
    else {
      expect(line).toBe("end");
      open -= 1;
    }
  }
  expect(open).toBe(0);
  expect([...used].sort()).toEqual([...declared].sort());
}

/** A diagram whose every line is of a kind that Mermaid knows, and whose parts are all declared, and used. */
export const isADiagram: Run = ({ code }) => {
  const [kind = "", ...lines] = linesOf(code);
  if (kind === "sequenceDiagram") return checkSequence(lines);
  expect(kind).toMatch(/^flowchart (?:TD|LR)$/);
  return checkFlow(lines);
};
