import { randomBytes, randomInt } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { StartupError } from "../errors.ts";

/** A generated project in OpenTok's format: an API key of 8 digits and a secret of 40 hexadecimal digits. */
export interface LocalProject {
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** A new random project. */
export function newLocalProject(): LocalProject {
  return { apiKey: String(randomInt(10_000_000, 100_000_000)), apiSecret: randomBytes(20).toString("hex") };
}

/**
 * The project in `file`, generated on first use. Only its owner can read the file; group access is removed if possible.
 *
 * @param warn receives a warning about group access
 * @throws {StartupError} if it is damaged, another user's, readable by others, or not writable
 */
export function keptLocalProject(file: string, warn: (text: string) => void = () => {}): LocalProject {
  try {
    if (statSync(file, { throwIfNoEntry: false }) === undefined) keep(newLocalProject(), file);
    keepFromOthers(file, statSync(file), warn);
    return read(file);
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw unusable(file, error instanceof Error ? error.message : String(error));
  }
}

/** Writes a draft and links it into place: if two servers start at once, one complete file wins. */
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

const ROOT = 0;

/**
 * Refuses a file that another user owns or can read, because that user could sign tokens. Root can in any case, and owns some volumes.
 * At each mount Kubernetes sets the group `fsGroup` and mode 660, so groups of this process are accepted.
 */
function keepFromOthers(file: string, { uid, gid, mode }: Stats, warn: (text: string) => void): void {
  // By number: in a container, the user may have no name.
  const user = process.geteuid?.();
  if (uid !== user && uid !== ROOT)
    throw unusable(file, `it belongs to user ${uid}, not user ${user}; run: chown ${user} ${file}`);
  if ((mode & 0o007) !== 0) throw unusable(file, `other users can read it; run: chmod 600 ${file}`);
  if ((mode & 0o070) === 0) return;
  if (uid === user && isMadePrivate(file)) {
    warn(`${file}: its group could read it, so its mode was set to 600`);
    return;
  }
  if (!isOwnGroup(gid))
    throw unusable(
      file,
      `the group ${gid} can read it, and the server's user is not in that group; run: chmod 600 ${file}`,
    );
  warn(`${file}: its group ${gid} can read it, so its members can sign tokens`);
}

function isMadePrivate(file: string): boolean {
  try {
    chmodSync(file, 0o600);
    // Some file systems ignore the mode without an error.
    return (statSync(file).mode & 0o077) === 0;
  } catch {
    return false;
  }
}

function isOwnGroup(gid: number): boolean {
  return gid === process.getegid?.() || (process.getgroups?.().includes(gid) ?? false);
}

function read(file: string): LocalProject {
  let project: Partial<LocalProject>;
  try {
    project = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    // The parser's message would quote the file, which holds a secret.
    if (error instanceof SyntaxError) throw unusable(file, "it is not JSON");
    throw error;
  }
  const { apiKey, apiSecret } = project ?? {};
  if (!/^\d{8}$/.test(apiKey ?? "") || !/^[0-9a-f]{40}$/.test(apiSecret ?? "")) {
    throw unusable(file, "it must have an apiKey of 8 digits and an apiSecret of 40 hexadecimal digits");
  }
  return { apiKey, apiSecret } as LocalProject;
}

function unusable(file: string, reason: string): StartupError {
  return new StartupError([
    `DATABASE_URL: the local project beside the database, ${file}, cannot be used: ${reason}`,
  ]);
}
