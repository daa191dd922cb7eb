import type { Caller } from "../access/caller.ts";
import { listableSessions } from "../access/policy.ts";
import {
  checkPeriods,
  DEFAULT_INTERVAL,
  DEFAULT_PERIODS,
  IssuanceCounts,
  type IssuanceInterval,
  type IssuancePeriod,
  type IssuancesInput,
  periodOf,
} from "../domain/issuance.ts";
import { isEmpty, type SessionSelection } from "../domain/session-selection.ts";
import { DatabaseUnavailable, RateLimited } from "../errors.ts";
import type { IssuanceLedger } from "../store/store.ts";
import { type UsableSessionsParts, usableSessions } from "./usable-sessions.ts";

/** How many records are counted by one query: it takes some milliseconds, in which nobody else uses the database. */
const PER_QUERY = 2000;
/** How many are looked through at most. */
const MAX_RECORDS = 500_000;

/** How many different questions of a caller may wait while another one is answered. */
const MAX_WAITING = 5;

/** What a caller has asked and not been answered. */
interface Questions {
  /** Those that nobody has begun to answer. */
  readonly waiting: Map<string, Promise<IssuancePeriod[]>>;
  unanswered: number;
  /** Resolves when all are answered. */
  done: Promise<unknown>;
}

/** Whose issuances are counted, and where they are recorded. */
export interface IssuanceParts extends UsableSessionsParts {
  readonly ledger: IssuanceLedger;
  readonly now: () => Date;
}

/** What a caller can ask about the issuances of the whole project. */
export class IssuanceService {
  readonly #parts: IssuanceParts;
  /** By the callers' IDs; of those alone who wait for an answer. */
  readonly #questions = new Map<string, Questions>();
  #stopped = false;

  constructor(parts: IssuanceParts) {
    this.#parts = parts;
  }

  /**
   * How many tokens were issued in each of the last periods, oldest first, the one that is not over among them, for the
   * sessions that the caller may see. Where the newest 500,000 records do not reach back so far, only the periods that they
   * fill are given, which may be none.
   *
   * Of each caller one question is answered at a time, and equal ones get one answer: to look through so many records takes a second.
   * No caller waits for another.
   *
   * @throws {BadUserInput} naming `last`
   * @throws {RateLimited} when too many questions of the caller wait already
   * @throws {DatabaseUnavailable} when the server stops
   */
  async count(caller: Caller, input: IssuancesInput): Promise<IssuancePeriod[]> {
    const interval = input.interval ?? DEFAULT_INTERVAL;
    const last = input.last ?? DEFAULT_PERIODS;
    checkPeriods(last);
    const question = `${interval} ${last} ${keyOf(listableSessions(caller))}`;
    const questions = this.#questionsOf(caller);
    const asked = questions.waiting.get(question);
    if (asked) return asked;
    if (questions.unanswered > MAX_WAITING)
      throw new RateLimited("Too many counts of issuances wait; ask again in 1 second", 1);
    questions.unanswered += 1;
    const answer = questions.done.then(() => {
      // Who asks from now on is to hear of what is issued from now on.
      questions.waiting.delete(question);
      return this.#count(caller, interval, last);
    });
    questions.waiting.set(question, answer);
    questions.done = answer
      .catch(() => {})
      .finally(() => {
        questions.unanswered -= 1;
        if (questions.unanswered === 0) this.#questions.delete(caller.id);
      });
    return answer;
  }

  #questionsOf({ id }: Caller): Questions {
    const questions = this.#questions.get(id) ?? {
      waiting: new Map(),
      unanswered: 0,
      done: Promise.resolve(),
    };
    this.#questions.set(id, questions);
    return questions;
  }

  /** Answers nothing any more. */
  stop(): void {
    this.#stopped = true;
  }

  async #count(caller: Caller, interval: IssuanceInterval, last: number): Promise<IssuancePeriod[]> {
    const current = periodOf(this.#parts.now(), interval);
    const first = current - last + 1;
    const counts = new IssuanceCounts(interval);
    if (isEmpty(listableSessions(caller))) return counts.periods(first, current);
    const { shares, ledger } = this.#parts;
    const tally = (from: number | null) =>
      shares.query(caller.id, () => ledger.tally(interval, PER_QUERY, from));
    let position: number | null = null;
    for (let looked = PER_QUERY; ; looked += PER_QUERY) {
      if (this.#stopped) throw new DatabaseUnavailable("the server stops");
      const { tallies, end } = await tally(position);
      const sessionIds = tallies.map(({ sessionId }) => sessionId);
      const usable = await usableSessions(this.#parts, caller, sessionIds);
      for (const tally of tallies) if (usable.has(tally.sessionId)) counts.add(tally);
      // Servers' clocks differ, so that the order of issuance is not quite that of time: all of them must be too old.
      if (end === null || end.latest < first) return counts.periods(first, current);
      // What else is of the periods that these are of has not been looked at.
      if (looked >= MAX_RECORDS) return counts.periods(Math.max(first, end.latest + 1), current);
      position = end.position;
    }
  }
}

/** Equal for equal selections. */
function keyOf({ all, ids, names, namePrefixes }: SessionSelection): string {
  return all ? "*" : JSON.stringify([[...ids], [...names], namePrefixes]);
}
