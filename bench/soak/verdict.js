/** What a soak says of a server: pure, so that it can be tried with made-up figures. */

/** What `npm run soak` judges by. */
export const BOUNDS = {
  /** How fast memory may grow, in megabytes a minute. */
  mostGrowth: 1,
  /**
   * For how long memory must be watched before its growth says something, in minutes: the warm-up, a quarter of that, must
   * fill the caches and the heap first, which takes minutes.
   */
  leastMinutes: 7,
  /** How many times as long as in the first tenth the p99 of the last one may be. */
  mostSlowdown: 1.5,
  /** Of fewer answers, a p99 is one or two of them. */
  leastAnswers: 1000,
};

/** Of fewer points, no line goes through two middles. */
const LEAST_POINTS = 4;

/**
 * The slope through points of memory, in megabytes a minute: that of the line of least squares through the middle of each
 * three neighbours. The line sees all growth, be it steady, late or in a step; the middle does not see one odd point, which
 * would tilt the line, and little of the teeth of a sawtooth.
 */
export function slopeOf(points) {
  const middles = points.slice(1, -1).map(({ minutes }, i) => {
    const [, megabytes] = [0, 1, 2].map((j) => points[i + j].megabytes).sort((a, b) => a - b);
    return { minutes, megabytes };
  });
  const mean = (of) => middles.reduce((sum, point) => sum + of(point), 0) / middles.length;
  const [centre, level] = [mean((point) => point.minutes), mean((point) => point.megabytes)];
  const together = mean(({ minutes, megabytes }) => (minutes - centre) * (megabytes - level));
  return together / mean(({ minutes }) => (minutes - centre) ** 2);
}

/**
 * Judges a soak by what was seen after its warm-up, and by all that failed: `answers` is the number of them all, `memory` is
 * points of `{ minutes, megabytes }`, `tenths` are `{ answers, p99 }` in milliseconds, `failures` are lines and `failed` is how
 * many requests they stand for; `early` is whether it was stopped before its time.
 *
 * In the verdict `failures` has a line for each bound that is broken, and `unjudged` one for each that this soak says nothing
 * about; its figure is null. The `outcome` is "passed" only where both are empty.
 */
export function judge({ answers, memory, tenths, failed, failures, early }, bounds = BOUNDS) {
  const { mostGrowth, leastMinutes, mostSlowdown, leastAnswers } = bounds;
  const broken = [];
  const unjudged = [];
  if (answers === 0) broken.push("answers: there was none");
  if (failed > 0) broken.push(`answers: ${failed} were wrong, such as: ${failures.join("; ")}`);
  if (early) unjudged.push("the rest: it was stopped early");

  const watched = memory.length < LEAST_POINTS ? 0 : memory.at(-1).minutes - memory[0].minutes;
  const slope = watched < leastMinutes ? null : slopeOf(memory);
  if (memory.length === 0 && tenths.some((tenth) => tenth.answers > 0)) {
    broken.push("memory: was never seen after the warm-up");
  } else if (slope === null) {
    unjudged.push(`memory: its growth shows after ${leastMinutes} minutes from the warm-up on`);
  } else if (slope > mostGrowth) {
    broken.push(`memory: grows by ${slope.toFixed(2)} MB a minute; at most ${mostGrowth} is allowed`);
  }

  const [first, last] = [tenths[0], tenths.at(-1)];
  const slowdown = Math.min(first.answers, last.answers) < leastAnswers ? null : last.p99 / first.p99;
  if (slowdown === null) {
    unjudged.push(`p99: the first tenth and the last must have ${leastAnswers} answers each`);
  } else if (slowdown > mostSlowdown) {
    broken.push(
      `p99: is ${slowdown.toFixed(2)} times that of the first tenth; at most ${mostSlowdown} is allowed`,
    );
  }
  return { outcome: outcomeOf(broken, unjudged), slope, slowdown, failures: broken, unjudged };
}

function outcomeOf(broken, unjudged) {
  if (broken.length > 0) return "failed";
  return unjudged.length > 0 ? "not judged" : "passed";
}
