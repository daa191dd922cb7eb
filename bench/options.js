/** The options of `npm run bench`. */
import { parseArgs } from "node:util";

/** The parts that run alone. Each is a file whose `bench` resolves to rows. */
export const PARTS = [
  "signing",
  "vonage",
  "http",
  "latency",
  "batch",
  "ledger",
  "pages",
  "front-door",
  "start",
  "memory",
  "watching",
  "fairness",
  "live",
  "bans",
  "replicas",
];

/** The cores of the parts that need more than two. */
const CORES = { replicas: 4 };

/** Why a machine with so many cores cannot measure a part; undefined if it can. */
export function lackOf(name, cores) {
  const needed = CORES[name] ?? 0;
  if (cores < needed)
    return `${name} needs ${needed} cores, and this machine has ${cores}: it is not measured`;
}

const OPTIONS = { json: { type: "string" }, attack: { type: "string" }, base: { type: "string" } };

/** Reads the options. Throws if an option or the name of a part is invalid. */
export function readOptions(args) {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  const unknown = positionals.find((name) => !PARTS.includes(name));
  if (unknown !== undefined) throw new Error(`Unknown part ${unknown}; use one of ${PARTS.join(", ")}`);
  return { ...values, parts: positionals };
}

/** The options of this process, read by `read`. Prints invalid ones and exits with 2. */
export function optionsOf(read) {
  try {
    return read(process.argv.slice(2));
  } catch ({ message }) {
    console.error(message);
    process.exit(2);
  }
}
