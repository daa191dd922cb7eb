import { type Advice, adviceOn, reasonOf } from "../errors.ts";

/** What to do, by what SQLite or the operating system says. */
const ADVICE: Advice = [
  [
    /readonly database|unable to open|EACCES|EPERM/,
    "let this user write the file and its folder, or name another file",
  ],
  [/EROFS/, "the file system is read-only: name a file on a disk that can be written"],
  [/disk is full|ENOSPC|EDQUOT/, "free space on its disk"],
  [
    /disk I\/O error|EIO/,
    "its disk fails, or is a network file system without locks: use a disk of this machine",
  ],
  [/database is locked/, "another process holds it: end that process, or name another file"],
  [/ENOTDIR|EEXIST/, "a part of the path is a file and not a folder: name another"],
  [/ENAMETOOLONG/, "name a shorter path"],
  [
    /file is not a database/,
    "it is not an SQLite database, or its beginning is damaged: name another file, or restore a backup",
  ],
];

/** Why a file cannot be used, and what to do about it where that is known. */
export function explainedOf(error: unknown): string {
  const reason = reasonOf(error);
  const advice = adviceOn(reason, ADVICE);
  return advice === undefined ? reason : `${reason}; ${advice}`;
}
