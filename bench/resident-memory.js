/** The memory that a program holds. */
import { readFileSync } from "node:fs";

const read = (pid, line) =>
  Number(new RegExp(`${line}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** In megabytes; NaN for a program that has just ended. Throws once it is gone. */
export const megabytes = ({ pid }) => read(pid, "VmRSS");

/** The most that it ever held, likewise. */
export const peakMegabytes = ({ pid }) => read(pid, "VmHWM");
