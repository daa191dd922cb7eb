import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { CLI } from "../support/process.ts";

/** The files that a file of the build cannot be loaded without, itself among them. */
function filesOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const code = readFileSync(file, "utf8");
  for (const [, path = ""] of code.matchAll(/^(?:import|export)\b[^;]*?["'](\.\/[^"']+\.js)["'];?$/gm)) {
    filesOf(join(dirname(file), path), seen);
  }
  return seen;
}

/** What `stagepass start` loads: the program, what reads its arguments, and the server. */
const LOADED = readdirSync(dirname(CLI))
  .filter((name) => /^(cli|run-.*|main-.*)\.js$/.test(name))
  .map((name) => join(dirname(CLI), name));

/** The packages that are loaded whenever the server starts. */
const packages = new Set(
  [...new Set(LOADED.flatMap((file) => [...filesOf(file)]))].flatMap((file) => {
    // What is of no source has no map.
    if (!existsSync(`${file}.map`)) return [];
    const { sources } = JSON.parse(readFileSync(`${file}.map`, "utf8"));
    return sources.flatMap(
      (source: string) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? [],
    );
  }),
);

it.each(["prom-client", "@opentelemetry/api", "@opentelemetry/sdk-trace", "@opentelemetry/core"])(
  "%s is loaded only where it is used",
  (name) => {
    // What is always loaded is found by this way of looking.
    expect(packages).toContain("@apollo/server");
    expect(packages).toContain("fastify");
    expect([...packages].filter((loaded) => loaded === name)).toEqual([]);
  },
);
