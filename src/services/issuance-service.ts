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
import { decidingLength, type UsableSessionsParts, usableSessions } from "./usable-sessions.ts";

/** The most records that one query counts. Meanwhile, other queries wait for a few milliseconds. */
const PER_QUERY = 2000;
/** The most records that one count reads. */
const MAX_RECORDS = 500_000;

/** The most different counts of a caller that may wait while another one runs. */
const MAX_WAITING = 5;

/** The unanswered counts of a caller. */
interface Questions {
  /** The counts that have not started. */
  readonly waiting: Map<string, Promise<IssuancePeriod[]>>;
  unanswered: number;
  /** Resolves when all are answered. */
  done: Promise<unknown>;
}

/** The dependencies of `IssuanceService`. */
export interface IssuanceParts extends UsableSessionsParts {
  readonly ledger: IssuanceLedger;
  readonly now: () => Date;
}

/** Counts the tokens that the whole project has issued. */
export class IssuanceService {
  readonly #parts: IssuanceParts;
  /** By caller ID; only of callers that wait for an answer. */
  readonly #questions = new Map<string, Questions>();
  #stopped = false;

  constructor(parts: IssuanceParts) {
    this.#parts = parts;
  }

  /**
   * Counts the tokens issued in each of the last periods, oldest first, for the sessions that the caller may see. The last period is
   * not over yet. If the newest 500,000 records do not reach back far enough, older periods are left out, perhaps all.
   *
   * The counts of a caller run one at a time, because each may take a second. Equal counts share one answer. Callers do not wait
   * for each other.
   *
   * @throws {BadUserInput} naming `last`.
   * @throws {RateLimited} when too many counts of the caller already wait.
   * @throws {DatabaseUnavailable} when the server stops.
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
      throw new RateLimited("Too many counts of issuances are waiting; try again in 1 second", 1);
    questions.unanswered += 1;
    const answer = questions.done.then(() => {
      // A later caller must also see tokens that are issued from now on.
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

  /** Makes all counts fail from now on. */
  stop(): void {
    this.#stopped = true;
  }

  async #count(caller: Caller, interval: IssuanceInterval, last: number): Promise<IssuancePeriod[]> {
    const current = periodOf(this.#parts.now(), interval);
    const first = current - last + 1;
    const counts = new IssuanceCounts(interval);
    if (isEmpty(listableSessions(caller))) return counts.periods(first, current);
    const { shares, ledger } = this.#parts;
    const alike = decidingLength(this.#parts, caller);
    const tally = (from: number | null) =>
      shares.query(caller.id, () => ledger.tally(interval, PER_QUERY, from, alike));
    let position: number | null = null;
    for (let looked = PER_QUERY; ; looked += PER_QUERY) {
      if (this.#stopped) throw new DatabaseUnavailable("the server is stopping");
      const { tallies, end } = await tally(position);
      const sessionIds = tallies.map(({ sessionId }) => sessionId);
      const usable = await usableSessions(this.#parts, caller, sessionIds);
      for (const tally of tallies) if (usable.has(tally.sessionId)) counts.add(tally);
      // Replicas' clocks differ, so issuance order is not exactly time order: all of these records must be too old.
      if (end === null || end.latest < first) return counts.periods(first, current);
      // Periods up to `end.latest` may be incomplete, because older records were not read.
      if (looked >= MAX_RECORDS) return counts.periods(Math.max(first, end.latest + 1), current);
      position = end.position;
    }
  }
}

/** A key that is the same for equal selections. */
function keyOf({ all, ids, names, namePrefixes }: SessionSelection): string {
  return all ? "*" : JSON.stringify([[...ids], [...names], namePrefixes]);
}
