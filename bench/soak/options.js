/** What `npm run soak` is told. */
import { parseArgs } from "node:util";

const MOST_MINUTES = 10_080;
const MOST_RATE = 10_000;

const OPTIONS = {
  minutes: { type: "string", default: "20" },
  rate: { type: "string", default: "200" },
  json: { type: "string" },
  server: { type: "string" },
};

/** An option that breaks a rule; the message is one line that names both. */
export class WrongOption extends Error {}

/** Throws a WrongOption. */
export function readOptions(args) {
  const { minutes, rate, ...rest } = parsed(args);
  return {
    ...rest,
    minutes: within(
      "minutes",
      minutes,
      (n) => n > 0 && n <= MOST_MINUTES,
      `a number above 0, at most ${MOST_MINUTES}`,
    ),
    rate: within(
      "rate",
      rate,
      (n) => Number.isInteger(n) && n >= 1 && n <= MOST_RATE,
      `a whole number of requests a second from 1 to ${MOST_RATE}`,
    ),
  };
}

function parsed(args) {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    throw new WrongOption(error.message.split("\n")[0]);
  }
}

function within(name, text, allowed, rule) {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  if (allowed(number)) return number;
  throw new WrongOption(`--${name}: must be ${rule}`);
}
