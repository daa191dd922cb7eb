import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { CallerListener } from "../access/jwt-callers.ts";
import type { Instrument } from "../instruments/instrument.ts";

/** How long a logged problem is not logged again, in milliseconds. */
const LOGGED = 10 * 60_000;
/** The most different lines to remember. */
const REMEMBERED = 1000;
/** The most lines in a minute. */
const LINES_A_MINUTE = 20;
/** The longest caller ID in a line, in characters. */
const MAX_CALLER_LENGTH = 300;

/** Logs and counts problems of callers. Each is logged once in ten minutes, with at most 20 lines per minute of each kind. */
export function callerListener(instrument: Instrument, logger: Logger): CallerListener {
  const ofCallers = fewLines(logger);
  // Limited separately, because unauthenticated callers can cause them.
  const ofStrangers = fewLines(logger);
  return {
    onUnreadable({ id, problems }) {
      for (const { member } of problems) instrument.unreadableClaim(member);
      const problem = problems.map(({ says }) => says).join("; ");
      const caller = id.slice(0, MAX_CALLER_LENGTH);
      ofCallers({ caller, problem }, "a caller has unreadable claims, which grant nothing");
    },
    onMisfit: (why) => ofStrangers({ why }, "a JWT that does not match the configuration was refused"),
  };
}

/** Writes warnings. Each says how many were omitted before it. */
function fewLines(logger: Logger): (about: Record<string, unknown>, text: string) => void {
  const logged = new LRUCache<string, true>({ max: REMEMBERED, ttl: LOGGED });
  const minute = new LRUCache<"lines", number>({ max: 1, ttl: 60_000, noUpdateTTL: true });
  let leftOut = 0;
  return (about, text) => {
    const key = JSON.stringify(about);
    if (logged.has(key)) return;
    const lines = minute.get("lines") ?? 0;
    if (lines >= LINES_A_MINUTE) {
      leftOut += 1;
      return;
    }
    minute.set("lines", lines + 1);
    logged.set(key, true);
    logger.warn({ ...about, ...(leftOut > 0 && { leftOut }) }, text);
    leftOut = 0;
  };
}
