import { type Advice, adviceOn, reasonOf } from "../errors.ts";

/** What to do, by the message of SQLite or the operating system. */
const ADVICE: Advice = [
  [
    /readonly database|unable to open|EACCES|EPERM/,
    "let this user write to the file and its folder, or use another file",
  ],
  [/EROFS/, "the file system is read-only: use a file on a writable disk"],
  [/disk is full|ENOSPC|EDQUOT/, "free some space on its disk"],
  [/disk I\/O error|EIO/, "the disk is failing, or is a network file system without locks: use a local disk"],
  [/database is locked/, "another process has locked it: stop that process, or use another file"],
  [/ENOTDIR|EEXIST/, "part of the path is a file: correct the path"],
  [/ENAMETOOLONG/, "use a shorter path"],
  [
    /file is not a database/,
    "it is not an SQLite database, or its header is damaged: use another file, or restore a backup",
  ],
];

/** Why an SQLite file cannot be used, and what to do about it, if that is known. */
export function explainedOf(error: unknown): string {
  const reason = reasonOf(error);
  const advice = adviceOn(reason, ADVICE);
  return advice === undefined ? reason : `${reason}; ${advice}`;
}
