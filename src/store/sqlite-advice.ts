import { dirname } from "node:path";
import { reasonOf } from "../errors.ts";

/** What to do, by what SQLite or the operating system says. */
const ADVICE: readonly [RegExp, (file: string) => string][] = [
  [
    /readonly database|unable to open|EACCES|EPERM/,
    (file) => `let this user write ${file} and its folder ${dirname(file)}, or name another file`,
  ],
  [/EROFS/, () => "the file system is read-only: name a file on a disk that can be written"],
  [/disk is full|ENOSPC|EDQUOT/, () => "make space on its disk"],
  [
    /disk I\/O error|EIO/,
    () => "its disk fails, or has no locks, as network file systems: use a disk of this machine",
  ],
  [/database is locked/, () => "another process holds it: end that, or name another file"],
  [/ENOTDIR|EEXIST/, () => "a part of the path is a file and not a folder: name another"],
  [/ENAMETOOLONG/, () => "name a shorter path"],
  [
    /file is not a database/,
    () => "it is not an SQLite database, or its beginning is damaged: name another file, or restore a backup",
  ],
];

/** Why a file cannot be used, and what to do about it where that is known. */
export function explainedOf(file: string, error: unknown): string {
  const reason = reasonOf(error);
  const [, advice] = ADVICE.find(([message]) => message.test(reason)) ?? [];
  return advice === undefined ? reason : `${reason}; ${advice(file)}`;
}
