import type { Caller } from "../access/caller.ts";
import { mayUseSession, needsSessionName } from "../access/policy.ts";
import {
  checkPeriods,
  IssuanceCounts,
  type IssuanceInterval,
  type IssuancePeriod,
  periodOf,
} from "../domain/issuance.ts";
import { ownerOf } from "../domain/session-id.ts";
import type { IssuanceLedger, SessionRegistry, SessionTally } from "../store/store.ts";

/** How many records are counted by one query: it takes some milliseconds, in which nobody else uses the database. */
const PER_QUERY = 2000;
/** How many are looked through at most. */
const MAX_RECORDS = 500_000;

/** What a caller can ask about the issuances of the whole project. */
export class IssuanceService {
  readonly #applicationId: string;
  readonly #registry: SessionRegistry;
  readonly #ledger: IssuanceLedger;
  readonly #now: () => Date;

  constructor(applicationId: string, registry: SessionRegistry, ledger: IssuanceLedger, now: () => Date) {
    this.#applicationId = applicationId;
    this.#registry = registry;
    this.#ledger = ledger;
    this.#now = now;
  }

  /**
   * How many tokens were issued in each of the last periods, oldest first, the one that is not over among them, for the
   * sessions that the caller may see. Where the newest 500,000 records do not reach back so far, only the periods that they
   * fill are given, which may be none.
   *
   * @throws {BadUserInput} naming `last`
   */
  async count(caller: Caller, interval: IssuanceInterval, last: number): Promise<IssuancePeriod[]> {
    const current = periodOf(this.#now(), interval);
    const first = current - checkPeriods(last) + 1;
    const counts = new IssuanceCounts(interval);
    let position: number | null = null;
    for (let looked = PER_QUERY; ; looked += PER_QUERY) {
      const { tallies, end } = await this.#ledger.tally(interval, PER_QUERY, position);
      for (const tally of await this.#shownTo(caller, tallies)) counts.add(tally);
      // Servers' clocks differ, so that the order of issuance is not quite that of time: all of them must be too old.
      if (end === null || end.latest < first) return counts.periods(first, current);
      // What else is of the periods that these are of has not been looked at.
      if (looked >= MAX_RECORDS) return counts.periods(Math.max(first, end.latest + 1), current);
      position = end.position;
    }
  }

  async #shownTo(caller: Caller, tallies: readonly SessionTally[]): Promise<SessionTally[]> {
    const own = tallies.filter(({ sessionId }) => ownerOf(sessionId) === this.#applicationId);
    const unnamed = new Set(
      own.map(({ sessionId }) => sessionId).filter((id) => needsSessionName(caller, id)),
    );
    const sessions = unnamed.size > 0 ? await this.#registry.findMany([...unnamed]) : [];
    const names = new Map(sessions.map(({ sessionId, name }) => [sessionId, name]));
    return own.filter(({ sessionId }) => mayUseSession(caller, sessionId, names.get(sessionId) ?? null));
  }
}
