import { randomBytes, randomInt } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { StartupError } from "../errors.ts";

/** An OpenTok project of our own, in the form of the platform's: an eight-digit key and a 40-digit secret. */
export interface LocalProject {
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** A new project that no other server has. */
export function newLocalProject(): LocalProject {
  return { apiKey: String(randomInt(10_000_000, 100_000_000)), apiSecret: randomBytes(20).toString("hex") };
}

/**
 * The project kept in `file`, made on first use. Only its owner can read the file.
 *
 * @throws {StartupError} when the file is damaged, readable by others, or cannot be written
 */
export function keptLocalProject(file: string): LocalProject {
  try {
    if (statSync(file, { throwIfNoEntry: false }) === undefined) keep(newLocalProject(), file);
    return read(file);
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw unusable(file, error instanceof Error ? error.message : String(error));
  }
}

/** Writes beside the file and links into place: of two servers that start at once, one wins, whole. */
function keep(project: LocalProject, file: string): void {
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  const descriptor = openSync(draft, "wx", 0o600);
  try {
    writeFileSync(descriptor, `${JSON.stringify(project, null, 2)}\n`);
    fsyncSync(descriptor);
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    closeSync(descriptor);
    unlinkSync(draft);
  }
}

function read(file: string): LocalProject {
  const { uid, mode } = statSync(file);
  // Who planted the secret could sign with it. The user may be a number without a name, as in a container.
  if (uid !== process.geteuid?.()) throw unusable(file, "it belongs to another user");
  if ((mode & 0o077) !== 0) throw unusable(file, `others may read it; run: chmod 600 ${file}`);
  let project: Partial<LocalProject>;
  try {
    project = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    // The parser's own message would quote the file, which holds a secret.
    if (error instanceof SyntaxError) throw unusable(file, "it is not JSON");
    throw error;
  }
  const { apiKey, apiSecret } = project ?? {};
  if (!/^\d{8}$/.test(apiKey ?? "") || !/^[0-9a-f]{40}$/.test(apiSecret ?? "")) {
    throw unusable(file, "it holds no eight-digit apiKey and 40-digit hexadecimal apiSecret");
  }
  return { apiKey, apiSecret } as LocalProject;
}

function unusable(file: string, reason: string): StartupError {
  return new StartupError([
    `DATABASE_URL: the local project beside the database, ${file}, cannot be used: ${reason}`,
  ]);
}
