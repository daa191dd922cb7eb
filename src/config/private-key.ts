import type { KeyObject } from "node:crypto";
import { resolve } from "node:path";
import { findKey } from "../signing/pem.ts";
import { rsaKey, type Wanted } from "../signing/rsa-key.ts";
import { MAX_FILE, readBounded } from "./bounded-file.ts";

/**
 * An RSA key, from PEM text or the path of its file.
 *
 * @param note receives the repairs
 * @throws {Error} with the broken rule, and no part of the key or of a path that may be one
 */
export function privateKey(value: string, wanted: Wanted, note: (text: string) => void): KeyObject {
  const { key, repairs } = isKeyText(value) ? rsaKey(value, wanted) : keyInFile(value, wanted);
  if (repairs.length > 0) note(`was repaired: ${repairs.join(" and ")}; set it as downloaded`);
  return key;
}

/** A damaged key counts as text: reading it reports the damage. */
function isKeyText(value: string): boolean {
  if (value.trim().includes("\n")) return true;
  try {
    return findKey(value) !== null;
  } catch {
    return true;
  }
}

function keyInFile(path: string, wanted: Wanted): ReturnType<typeof rsaKey> {
  const name = shown(path);
  const content = contentOf(path, name);
  // DER, the binary form of a key: no text begins with these bytes.
  const isDer = content[0] === 0x30 && content[1] === 0x82;
  const text = content.toString(isDer ? "base64" : "utf8");
  if (text.trim() === "") throw new Error(`${name} is empty`);
  try {
    const { key, repairs } = rsaKey(text, wanted);
    return { key, repairs: isDer ? ["it was DER, not PEM"] : repairs };
  } catch (error) {
    throw new Error(`${name} ${(error as Error).message}`);
  }
}

function contentOf(path: string, name: string): Buffer {
  try {
    return readBounded(path);
  } catch (error) {
    if (error instanceof RangeError)
      throw new Error(`${name} has more than ${MAX_FILE} bytes, which is too large for a key`);
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new Error(REASONS[code]?.(path, name) ?? `${name} cannot be read: ${code}`);
  }
}

const NO_KEY = "is neither a key in PEM format nor";

const REASONS: Readonly<Record<string, (path: string, name: string) => string>> = {
  ENOENT(path, name) {
    if (path.startsWith("~")) return `${NO_KEY} a path; only a shell expands ~, so write the whole path`;
    if (/^file:/i.test(path)) return `${NO_KEY} a path; remove file://`;
    return name === UNNAMED
      ? `${NO_KEY} the path of a file`
      : `${NO_KEY} the path of a file: there is no ${resolve(path)}`;
  },
  ENAMETOOLONG: () => `${NO_KEY} a path: it is too long`,
  EISDIR: (_, name) => `${name} is a folder; set the path of the key in it`,
  ENOTDIR: (_, name) => `${name} does not exist: a part of its path is a file, not a folder`,
  EACCES: (_, name) =>
    `${name} cannot be read by the user that runs the server (EACCES); change its permissions`,
};

const UNNAMED = "the file";

/** A path for a message, unless it may be part of a secret. */
function shown(path: string): string {
  const isPath = /^(\.{0,2}|~)\/|\.\w{2,4}$/.test(path) && path.length <= 200;
  const isPlain = /^[\w ./\\:~@+-]+$/.test(path) && !/[A-Za-z0-9+/=]{40}/.test(path);
  return isPath && isPlain ? `the file ${path}` : UNNAMED;
}
