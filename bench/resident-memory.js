/** The memory that a program holds. */
import { readFileSync } from "node:fs";

/** In megabytes. Throws when the program has ended. */
export const megabytes = ({ pid }) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
