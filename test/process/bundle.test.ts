import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { CLI } from "../support/process.ts";

/** Licences under which code may be handed on by whoever hands on its notice. */
const PERMISSIVE = ["MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "BlueOak-1.0.0"];

const FOLDER = dirname(CLI);
const files = readdirSync(FOLDER).filter((file) => file.endsWith(".js"));
const read = (path: string) => readFileSync(path, "utf8");

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
