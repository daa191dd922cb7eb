/** Statistics, and rows of results. */

/** The middle value. */
export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The 99th percentile. */
export function p99(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)];
}

/** The distance between the extremes, as a share of the median. */
export function spread(values) {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

/** The row of a comparison, in pairs of figures that were measured together. `format` formats a figure. */
export function rowOf(measure, ours, peer, format, asked) {
  const ratios = ours.map((value, i) => value / peer[i]);
  return {
    measure,
    ours: format(median(ours)),
    peer: format(median(peer)),
    ratio: median(ratios),
    spread: spread(ratios),
    asked,
  };
}

export const perSecond = (rate) => `${Math.round(rate)}/s`;
export const milliseconds = (time) => `${time.toFixed(2)} ms`;

/** Calls of `act` per second, in a loop of `ms` milliseconds. */
export function rateOf(act, ms) {
  const start = performance.now();
  let count = 0;
  let elapsed = 0;
  while (elapsed < ms) {
    for (let i = 0; i < 20; i++) act();
    count += 20;
    elapsed = performance.now() - start;
  }
  return (count / elapsed) * 1000;
}
