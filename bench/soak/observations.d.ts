/** Types for the tests; the meaning is where the code is. */
import type { Seen } from "./verdict.js";

export class Observations {
  constructor(ms: number, now?: () => number);
  answer(due: number, ms: number): void;
  fail(why: string): void;
  failAsAWhole(why: string): void;
  look(megabytes: number): void;
  line(): string;
  seen(): Seen & { readonly warmUpMinutes: number };
}
