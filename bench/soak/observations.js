/** What a soak sees, in as much memory however long it takes. */
import { createHistogram } from "node:perf_hooks";

/** What the server is given to be compiled, and to fill its caches and its database's: a share of the whole time. */
const WARM_UP = 1 / 5;
const TENTHS = 10;
/** How many points of memory there are. */
const WINDOWS = 20;
/** How many kinds of failure are told. */
const MOST_FAILURES = 5;

/** The histograms hold microseconds. */
const p = (histogram, percentile) => histogram.percentile(percentile) / 1000;
const share = (ms) => (ms === 0 ? "-" : ms.toFixed(1));

export class Observations {
  #ms;
  #now;
  #start;
  #total = createHistogram();
  #tenths = Array.from({ length: TENTHS }, () => createHistogram());
  /** Since the last line of progress. */
  #recent = createHistogram();
  #recentStart;
  /**
   * The least of each window: the heap is a sawtooth, and what a server holds shows where its garbage was just collected.
   */
  #memory = Array(WINDOWS);
  #megabytes = 0;
  #failures = new Set();
  failed = 0;

  /** Of a soak that takes so many milliseconds and begins now; `now` is a clock of milliseconds, that of `performance`. */
  constructor(ms, now = () => performance.now()) {
    this.#ms = ms;
    this.#now = now;
    this.#start = now();
    this.#recentStart = this.#start;
  }

  get answers() {
    return this.#total.count;
  }

  /** The part, of so many, of the time after the warm-up that a moment is in; below zero while it lasts. */
  #partOf(moment, parts) {
    const warmUp = this.#ms * WARM_UP;
    const part = Math.floor(((moment - this.#start - warmUp) / (this.#ms - warmUp)) * parts);
    return Math.min(part, parts - 1);
  }

  /** An answer that was due at a moment and took so many milliseconds from then on. It counts for the tenth in which it was due. */
  answer(due, ms) {
    const microseconds = Math.max(1, Math.round(ms * 1000));
    const tenth = this.#partOf(due, TENTHS);
    for (const histogram of [this.#total, this.#recent, this.#tenths[tenth]]) histogram?.record(microseconds);
  }

  fail(why) {
    this.failed += 1;
    if (this.#failures.size < MOST_FAILURES) this.#failures.add(why);
  }

  /** As `fail`, of what is told before all else: it is no request's own failure. */
  failAsAWhole(why) {
    this.failed += 1;
    this.#failures = new Set([why, ...this.#failures]);
  }

  /** The memory that the server holds now. */
  look(megabytes) {
    this.#megabytes = megabytes;
    const now = this.#now();
    const window = this.#partOf(now, WINDOWS);
    if (window < 0 || this.#memory[window]?.megabytes <= megabytes) return;
    this.#memory[window] = { minutes: (now - this.#start) / 60_000, megabytes };
  }

  /** What was seen since the last line. */
  line() {
    const now = this.#now();
    const seconds = (now - this.#recentStart) / 1000;
    const said = [
      `${((now - this.#start) / 60_000).toFixed(2)} min`,
      `${Math.round(this.#recent.count / seconds)}/s`,
      `p50 ${share(p(this.#recent, 50))} ms`,
      `p99 ${share(p(this.#recent, 99))} ms`,
      `${Math.round(this.#megabytes)} MB`,
      `${this.failed} wrong`,
    ];
    this.#recent.reset();
    this.#recentStart = now;
    return said.join("  ");
  }

  /** For the verdict and the report: milliseconds, megabytes, and minutes from the beginning. */
  seen() {
    return {
      answers: this.answers,
      failed: this.failed,
      failures: [...this.#failures],
      warmUpMinutes: (this.#ms * WARM_UP) / 60_000,
      memory: this.#memory.filter(Boolean),
      tenths: this.#tenths.map((tenth) => ({ answers: tenth.count, p50: p(tenth, 50), p99: p(tenth, 99) })),
    };
  }
}
