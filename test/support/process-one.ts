import { execFileSync } from "node:child_process";

/** Only root may create a namespace without a user namespace. */
const UNSHARE = ["unshare", ...(process.getuid?.() === 0 ? [] : ["-r"]), "--pid", "--fork", "--kill-child"];

/** Whether a program can be process 1 here, as in a container. Only Linux supports this, and may forbid it. */
export const canBeProcessOne = (() => {
  try {
    execFileSync("unshare", [...UNSHARE.slice(1), "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** A command as process 1, which ignores signals that it does not handle. Its exit code is the command's. */
export function asProcessOne(command: readonly string[]): string[] {
  return [...UNSHARE, ...command];
}
