/** The files that a container engine is given to build from: those of a folder that its .dockerignore lets through. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @param {string} folder
 * @returns {(source: string) => string[]} the files that are a source of COPY, or in it, relative to the folder
 */
export function buildContext(folder) {
  const ignored = dockerIgnore(readFileSync(join(folder, ".dockerignore"), "utf8"));
  return (source) => filesIn(folder, source.replace(/^\.\/|\/$/g, "")).filter((path) => !ignored(path));
}

function filesIn(folder, path) {
  let entries;
  try {
    entries = readdirSync(join(folder, path), { withFileTypes: true });
  } catch (error) {
    if (error.code === "ENOTDIR") return [path];
    if (error.code === "ENOENT") return [];
    throw error;
  }
  return entries.flatMap((entry) => {
    const inside = join(path, entry.name);
    return entry.isDirectory() ? filesIn(folder, inside) : [inside];
  });
}

/**
 * Whether a path is ignored: the last rule that matches it, or a folder that it is in, decides.
 *
 * @param {string} text of a .dockerignore
 */
function dockerIgnore(text) {
  const rules = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ ignores: !line.startsWith("!"), matches: glob(line.replace(/^!/, "")) }));
  return (path) => {
    const folders = path.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));
    const last = rules.findLast(({ matches }) => folders.some((one) => matches.test(one)));
    return last?.ignores ?? false;
  };
}

function glob(pattern) {
  if (/[[\]\\]/.test(pattern)) throw new Error(`.dockerignore: ${pattern} has what is not known here`);
  const source = pattern
    .replace(/^\/|\/$/g, "")
    .replace(/[.+^$(){}|]/g, "\\$&")
    .replace(
      /\*\*\/|\*\*|\*|\?/g,
      (wild) => ({ "**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]" })[wild],
    );
  return new RegExp(`^${source}$`);
}
