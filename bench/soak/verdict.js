/** The options and the verdict of a soak. */
import { parseArgs } from "node:util";

/** A `Set` holds at most 2^24 IDs of tokens, and a request delivers 1.3 tokens on average. */
const MOST_REQUESTS = 12_000_000;

const OPTIONS = {
  minutes: { type: "string", default: "20" },
  rate: { type: "string", default: "200" },
  growth: { type: "string", default: "1" },
  database: { type: "string" },
  server: { type: "string" },
  json: { type: "string" },
};

/** The options of `npm run soak`; `rate` is in requests a second, `growth` in megabytes a minute. Throws an error of one line if one is invalid. */
export function readOptions(args) {
  const { values } = parseArgs({ args, options: OPTIONS });
  const [minutes, rate, growth] = ["minutes", "rate", "growth"].map((name) => {
    const number = Number(values[name]);
    if (number > 0 && number < Number.POSITIVE_INFINITY) return number;
    throw new Error(`--${name}: must be a number above 0`);
  });
  if (!Number.isInteger(rate)) throw new Error("--rate: must be a whole number of requests a second");
  if (minutes * 60 * rate > MOST_REQUESTS)
    throw new Error(`--minutes and --rate: must make at most ${MOST_REQUESTS} requests`);
  return { ...values, minutes, rate, growth };
}

/** The slope of memory by least squares, in megabytes a minute; NaN for fewer than two points. */
export function slopeOf(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [centre, level] = [mean(({ minutes }) => minutes), mean(({ megabytes }) => megabytes)];
  const together = mean(({ minutes, megabytes }) => (minutes - centre) * (megabytes - level));
  return together / mean(({ minutes }) => (minutes - centre) ** 2);
}

/** Why a soak has failed, one line per reason. `slope` and `growth` are in megabytes a minute. */
export function failuresOf({ failed, reasons, delivered, missing, slope }, growth) {
  const lines = [];
  if (failed > 0) lines.push(`answers: ${failed} were wrong or missing, such as: ${reasons.join("; ")}`);
  if (delivered === 0) lines.push("ledger: no token was delivered");
  if (missing > 0) lines.push(`ledger: ${missing} of ${delivered} delivered tokens are not on the ledger`);
  if (Number.isNaN(slope)) lines.push("memory: the soak was too short to measure its growth");
  if (slope > growth)
    lines.push(`memory: grows by ${slope.toFixed(2)} MB a minute; at most ${growth} is allowed`);
  return lines;
}
