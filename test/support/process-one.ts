import { execFileSync } from "node:child_process";

/** Only root may have a namespace of its own without one of users. */
const UNSHARE = ["unshare", ...(process.getuid?.() === 0 ? [] : ["-r"]), "--pid", "--fork", "--kill-child"];

/** Whether a program can be process 1 here, as a container's is: Linux alone can do so, and need not allow it. */
export const canBeProcessOne = (() => {
  try {
    execFileSync("unshare", [...UNSHARE.slice(1), "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** A command as process 1, which no signal ends that it does not handle. Its exit code is that of what is started. */
export function asProcessOne(command: readonly string[]): string[] {
  return [...UNSHARE, ...command];
}
