/** Types for the tests; the meaning is where the code is. */
import type { EventEmitter } from "node:events";
import type { Observations } from "./observations.js";

export function soak(
  child: EventEmitter & { readonly pid: number },
  url: string,
  options: { readonly minutes: number; readonly rate: number },
  stopped: AbortSignal,
  tell: (line: string) => void,
): Promise<Observations>;
