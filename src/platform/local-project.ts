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
 * The project kept in `file`, made on first use. Only its owner can read the file; group access is removed where possible.
 *
 * @param warn is told of a group that can read the file
 * @throws {StartupError} when the file is damaged, another user's, readable by others, or cannot be written
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

const ROOT = 0;

/**
 * A user who planted the secret could sign with it; root can anyway. Kubernetes gives a volume to the group of `fsGroup` at each mount,
 * with mode 660, and some volumes belong to root: only a group of this process is accepted.
 */
function keepFromOthers(file: string, { uid, gid, mode }: Stats, warn: (text: string) => void): void {
  // The user may be a number without a name, as in a container.
  const user = process.geteuid?.();
  if (uid !== user && uid !== ROOT)
    throw unusable(file, `it belongs to the user ${uid}, and this is ${user}; run: chown ${user} ${file}`);
  if ((mode & 0o007) !== 0) throw unusable(file, `others may read it; run: chmod 600 ${file}`);
  if ((mode & 0o070) === 0) return;
  if (uid === user && isMadePrivate(file)) {
    warn(`${file}: its group could read it; its mode is 600 again`);
    return;
  }
  if (!isOwnGroup(gid))
    throw unusable(
      file,
      `the group ${gid} can read it, and this user is not in that group; run: chmod 600 ${file}`,
    );
  warn(`${file}: its group ${gid} can read it; whoever is in this group can sign tokens`);
}

function isMadePrivate(file: string): boolean {
  try {
    chmodSync(file, 0o600);
    // Some file systems have one mode for all files, and no error.
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
