/** The options of `npm run bench`. */
import { parseArgs } from "node:util";

/** What can be measured alone; each is a file whose `bench` resolves to rows. */
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
];

const OPTIONS = { json: { type: "string" }, attack: { type: "string" } };

/** Throws what is wrong with the options, or with the name of a part. */
export function readOptions(args) {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  const unknown = positionals.find((name) => !PARTS.includes(name));
  if (unknown !== undefined) throw new Error(`There is no part ${unknown}; there are ${PARTS.join(", ")}`);
  return { ...values, parts: positionals };
}

/** The options of this process, as `read` reads them; where they are wrong it says so, and ends with 2. */
export function optionsOf(read) {
  try {
    return read(process.argv.slice(2));
  } catch ({ message }) {
    console.error(message);
    process.exit(2);
  }
}
