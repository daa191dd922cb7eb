import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAst } from "rolldown/parseAst";
import { expect, it } from "vitest";
import { CLI } from "../support/process.ts";

/** Licences under which code may be handed on by whoever hands on its notice. */
const PERMISSIVE = ["MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "BlueOak-1.0.0"];

const FOLDER = dirname(CLI);
const files = readdirSync(FOLDER).filter((file) => file.endsWith(".js"));
const read = (path: string) => readFileSync(path, "utf8");
const { dependencies } = JSON.parse(read(fileURLToPath(new URL("../../package.json", import.meta.url))));

/** What a node and those in it import or require by a name. */
function importsOf(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  const { type, source, callee, arguments: given } = node as Record<string, Record<string, unknown>>;
  const required =
    `${type}` === "CallExpression" && callee?.name === "__require"
      ? (given as unknown as Record<string, unknown>[])[0]?.value
      : source?.value;
  return [...(typeof required === "string" ? [required] : []), ...Object.values(node).flatMap(importsOf)];
}

it("needs no package that is not a dependency", () => {
  const names = new Set(
    files
      .flatMap((file) => importsOf(parseAst(read(join(FOLDER, file)))))
      .filter((name) => !name.startsWith(".") && !isBuiltin(name))
      .map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name),
  );
  // What is certainly imported is found by this way of looking.
  expect([...names]).toEqual(expect.arrayContaining(["libsql", "pg"]));
  // type-graphql asks for this one where it validates, which it does not do here.
  names.delete("class-validator");
  expect([...names].filter((name) => !(name in dependencies))).toEqual([]);
});

/** The folders of the packages whose code is in it. */
function packages(): string[] {
  const sources = files
    .map((file) => join(FOLDER, `${file}.map`))
    .filter((map) => existsSync(map))
    .flatMap((map) => JSON.parse(read(map)).sources as string[]);
  const folders = sources.flatMap((source) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(source)?.[0] ?? []);
  return [...new Set(folders)].map((folder) => join(FOLDER, folder));
}

it("has with it the licence of every package whose code it has", () => {
  const notices = read(join(FOLDER, "THIRD-PARTY-LICENSES.txt"));
  const all = packages();
  expect(all.length).toBeGreaterThan(50);
  for (const folder of all) {
    const { name, version } = JSON.parse(read(join(folder, "package.json")));
    expect(notices).toMatch(new RegExp(`^${name} ${version} \\(\\S.*\\)$`, "m"));
    const licence = readdirSync(folder).find((file) => /^licen[cs]e(\.md|\.txt|-MIT)?$/i.test(file));
    if (licence) expect(notices).toContain(read(join(folder, licence)).trim());
  }
});

it("has no code whose licence asks for more than to be named", () => {
  const titles = read(join(FOLDER, "THIRD-PARTY-LICENSES.txt")).matchAll(/^\S+ \d\S* \((.*)\)$/gm);
  const licences = new Set([...titles].map(([, licence]) => licence));
  expect([...licences].filter((licence) => !PERMISSIVE.includes(`${licence}`))).toEqual([]);
  expect([...licences]).toContain("MIT");
});

it("names no source map, which nobody is given", () => {
  for (const file of files) expect(read(join(FOLDER, file))).not.toMatch(/^\/\/# sourceMappingURL=/m);
});
