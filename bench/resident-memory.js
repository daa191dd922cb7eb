/** The memory of a program. */
import { readFileSync } from "node:fs";

const read = (pid, line) =>
  Number(new RegExp(`${line}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** In megabytes; NaN for a program that has just ended. Throws after it is gone. */
export const megabytes = ({ pid }) => read(pid, "VmRSS");

/** The peak, likewise. */
export const peakMegabytes = ({ pid }) => read(pid, "VmHWM");
