/** What a soak says of a server: pure, so that it can be tried with made-up figures. */

/** How fast memory may grow, in megabytes a minute. */
const MOST_GROWTH = 1;
/**
 * For how long memory must be watched before its growth says something, in minutes: the warm-up, a quarter of that, must fill
 * the caches and the heap first, which takes minutes.
 */
const LEAST_MINUTES = 7;
/** How much slower the last tenth may be than the first. */
const MOST_SLOWDOWN = 1.5;
/** Of fewer answers, a p99 is one or two of them. */
const LEAST_ANSWERS = 1000;

/**
 * The slope through points of memory, in megabytes a minute: the median of the slopes between every two of them (Theil and
 * Sen). The heap is a sawtooth whose teeth differ, and one odd point tilts the line of least squares, but not this one.
 */
export function slopeOf(points) {
  const slopes = points.flatMap((from, i) =>
    points.slice(i + 1).map((to) => (to.megabytes - from.megabytes) / (to.minutes - from.minutes)),
  );
  return slopes.sort((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? 0;
}

/**
 * Judges a soak by what was seen after its warm-up, and by all that failed: `memory` is points of `{ minutes, megabytes }`,
 * `tenths` are `{ answers, p99 }` in milliseconds, `failures` are lines and `failed` is how many requests they stand for.
 * In the verdict `failures` has a line for each bound that is broken, and `unjudged` one for each that so short a time says
 * nothing about; its figure is null.
 */
export function judge({ memory, tenths, failed, failures }) {
  const broken = [];
  const unjudged = [];
  if (failed > 0) broken.push(`answers: ${failed} were wrong, such as: ${failures.join("; ")}`);

  const watched = memory.length > 1 ? memory.at(-1).minutes - memory[0].minutes : 0;
  const slope = watched < LEAST_MINUTES ? null : slopeOf(memory);
  if (slope === null) {
    unjudged.push(`memory: its growth shows after ${LEAST_MINUTES} minutes from the warm-up on`);
  } else if (slope > MOST_GROWTH) {
    broken.push(`memory: grows by ${slope.toFixed(2)} MB a minute; at most ${MOST_GROWTH} is allowed`);
  }

  const full = tenths.filter(({ answers }) => answers >= LEAST_ANSWERS);
  const slowdown = full.length > 1 ? full.at(-1).p99 / full[0].p99 : null;
  if (slowdown === null) {
    unjudged.push(`p99: it takes two tenths with ${LEAST_ANSWERS} answers each`);
  } else if (slowdown > MOST_SLOWDOWN) {
    broken.push(
      `p99: is ${slowdown.toFixed(2)} times that of the first tenth; at most ${MOST_SLOWDOWN} is allowed`,
    );
  }
  return { slope, slowdown, failures: broken, unjudged };
}
