import { homedir } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Advice, adviceOn } from "../errors.ts";

/** The URL of a database in memory. */
export const MEMORY = ":memory:";

/** Syntax that a shell, SQLite or Windows would interpret. Here it would become part of the file's name. */
const MISTAKES: Advice = [
  [/^\w+:\/\//, "must not have file: before another URL; remove it"],
  [
    /^:memory:|^memory$|[?&]mode=memory/,
    "must be :memory: for a database in memory, without file: or parameters",
  ],
  [/[?#]/, "must not have ? or #: parameters of SQLite such as ?mode=ro are not supported"],
  [
    /\$\{?[A-Za-z_]|%[A-Za-z_]+%/,
    "must not have a variable such as $HOME: only a shell expands it; write the whole path",
  ],
  [/^[A-Za-z]:(?![^\\/])|\\/, "must not be a Windows path: write slashes, without a drive letter"],
  [/(^|\/)\.{0,2}$/, "must be a file, not a folder, such as file:./data/stagepass.db"],
  [/-(wal|shm|journal)$/, "must name the database, without -wal, -shm or -journal"],
];

/**
 * The absolute path of an SQLite database.
 *
 * @param url begins with `file:`
 * @throws {Error} with the violated rule
 */
export function sqlitePath(url: string): string {
  const isUrl = url.startsWith("file://");
  const rest = url.slice(isUrl ? "file://".length : "file:".length);
  const mistake = adviceOn(rest, MISTAKES) ?? (rest.startsWith("~") ? ofHome(rest) : undefined);
  if (mistake !== undefined) throw new Error(mistake);
  if (!isUrl) {
    if (/%[0-9a-f]{2}/i.test(rest)) throw new Error(ENCODED);
    return absolute(rest);
  }
  if (!/^(localhost)?\//.test(rest))
    throw new Error(
      "must have three slashes before an absolute path (file:///var/lib/stagepass.db) and none before a relative path (file:./data/stagepass.db)",
    );
  return decodedPath(url);
}

const ENCODED =
  "must not be percent-encoded after file:; write the characters themselves, or file:/// and an absolute path";

function ofHome(path: string): string {
  const meant = /^~(\/|$)/.test(path) ? `file:${path.replace("~", homedir())}` : "the whole path";
  return `must not begin with ~: only a shell expands it; write ${meant}`;
}

function decodedPath(url: string): string {
  let path: string;
  try {
    path = fileURLToPath(url);
  } catch {
    throw new Error("must be percent-encoded after file:///, without %2F; write %25 for %");
  }
  if (CONTROL.test(path)) throw new Error(WITHOUT_CONTROL);
  return path;
}

/** Resolves a path once, so that messages name the absolute path. */
function absolute(path: string): string {
  try {
    return resolve(path);
  } catch {
    throw new Error(
      "must be an absolute path, such as file:/var/lib/stagepass/stagepass.db, because the working directory was deleted",
    );
  }
}

/** Control characters, which no path should have. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern matches them
export const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/;

export const WITHOUT_CONTROL = "must not have control characters, such as a line break at the end";
