import { isUtf8 } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** The variables of a `.env` file, and one line for each problem in it. */
export interface EnvFile {
  readonly values: NodeJS.Dict<string>;
  readonly problems: readonly string[];
  /** Similar files in the same folder, which Stagepass does not read. */
  readonly unread?: readonly string[];
}

export const NO_ENV_FILE: EnvFile = { values: {}, problems: [] };

/** The name of the file, in the working directory. */
export const ENV_FILE = ".env";

/** Files that Next.js, Vite and dotenv-flow read, and `.env.txt`, which Notepad writes. */
const UNREAD = /^\.env\.(txt|(local|dev|development|prod|production|staging)(\.local)?)$/i;

/** Reads the `.env` file of the working directory, if it exists, and lists similar files. */
export function readEnvFile(): EnvFile {
  return { ...readThisFile(), unread: unreadFiles() };
}

function unreadFiles(): string[] {
  try {
    return readdirSync(".")
      .filter((name) => UNREAD.test(name))
      .sort();
  } catch {
    return [];
  }
}

function readThisFile(): EnvFile {
  try {
    return parseEnvFile(readFileSync(ENV_FILE));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT"
      ? NO_ENV_FILE
      : { values: {}, problems: [`${ENV_FILE}: cannot be read: ${code}`] };
  }
}

/**
 * Parses lines of `NAME=value`, blank lines and comments. A quoted value can have several lines. Node.js's parser reads the values,
 * but skips invalid lines; here each is a problem.
 *
 * @param bytes UTF-8, or UTF-16 with a byte order mark, as PowerShell's `>` writes
 */
export function parseEnvFile(bytes: Buffer): EnvFile {
  const text = decoded(bytes)?.replaceAll("\r\n", "\n");
  if (text === undefined)
    return { values: {}, problems: [`${ENV_FILE}: is not text in UTF-8; save it as UTF-8`] };
  const values: NodeJS.Dict<string> = {};
  const problems: string[] = [];
  const lineOf = new Map<string, number>();
  for (let at = 0, line = 1; at < text.length; ) {
    const entry = text.slice(at, endOfLine(text, at));
    const problem = (rule: string) => problems.push(`${ENV_FILE}: line ${line}: ${rule}`);
    let end = at + entry.length;
    const [head, name = ""] = /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*/.exec(entry) ?? [];
    if (head !== undefined) {
      const earlier = lineOf.get(name);
      lineOf.set(name, line);
      const value = extentOf(text, at + head.length);
      end = value.end;
      if (earlier !== undefined) problem(`sets ${name} again, after line ${earlier}`);
      else if (value.problem) problem(value.problem.replaceAll("NAME", name));
      else values[name] = parseEnv(text.slice(at, end))[name] ?? "";
    } else if (!/^\s*(#|$)/.test(entry)) {
      problem(`must be NAME=value${/^\s*\w+\s*:/.test(entry) ? ", with = instead of :" : " or a # comment"}`);
    }
    line += text.slice(at, end + 1).split("\n").length - 1;
    at = end + 1;
  }
  return { values, problems };
}

/** Undefined if it is not text. */
function decoded(bytes: Buffer): string | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  return isUtf8(bytes) && !bytes.includes(0) ? new TextDecoder().decode(bytes) : undefined;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

/** Where a value ends, and the problem if a part of it would be lost. */
function extentOf(text: string, start: number): { end: number; problem?: string } {
  const quote = text[start] ?? "";
  if (!/["'`]/.test(quote)) {
    const end = endOfLine(text, start);
    const isCut = /[^\s]#/.test(text.slice(start, end).replace(/\s#.*/, ""));
    return isCut
      ? { end, problem: "has a # in the value of NAME, which starts a comment; put the value in quotes" }
      : { end };
  }
  const close = text.indexOf(quote, start + 1);
  if (close === -1)
    return { end: endOfLine(text, start), problem: `has no ${quote} at the end of the value of NAME` };
  const end = endOfLine(text, close);
  const rest = text.slice(close + 1, end);
  return /^\s*(#.*)?$/.test(rest) ? { end } : { end, problem: `has text after the closing ${quote} of NAME` };
}
