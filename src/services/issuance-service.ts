import type { Caller } from "../access/caller.ts";
import { mayUseSession } from "../access/policy.ts";
import {
  checkPeriods,
  type IssuanceInterval,
  type IssuancePeriod,
  issuancePeriods,
  periodOf,
} from "../domain/issuance.ts";
import { ownerOf } from "../domain/session-id.ts";
import type { IssuanceLedger, SessionTally } from "../store/store.ts";

/** How many records are counted by one query: it takes some milliseconds, in which nobody else uses the database. */
const PER_QUERY = 5000;
/** How many are looked through at most. */
const MAX_RECORDS = 500_000;

/** What a caller can ask about the issuances of the whole project. */
export class IssuanceService {
  readonly #applicationId: string;
  readonly #ledger: IssuanceLedger;
  readonly #now: () => Date;

  constructor(applicationId: string, ledger: IssuanceLedger, now: () => Date) {
    this.#applicationId = applicationId;
    this.#ledger = ledger;
    this.#now = now;
  }

  /**
   * How many tokens were issued in each of the last periods, oldest first, the one that is not over among them, for the
   * sessions that the caller may see. Where the newest 500,000 records do not reach back so far, only the periods that they
   * fill are given.
   *
   * @throws {BadUserInput} naming `last`
   */
  async count(caller: Caller, interval: IssuanceInterval, last: number): Promise<IssuancePeriod[]> {
    const current = periodOf(this.#now(), interval);
    const first = current - checkPeriods(last) + 1;
    const shown: SessionTally[] = [];
    let position: number | null = null;
    for (let looked = 0; ; looked += PER_QUERY) {
      const { tallies, end } = await this.#ledger.tally(interval, PER_QUERY, position);
      shown.push(...tallies.filter((tally) => this.#isShown(caller, tally)));
      // Servers' clocks differ, so that the order of issuance is not quite that of time: all of them must be too old.
      if (end === null || end.latest < first) return issuancePeriods(interval, first, current, shown);
      // The rest of its earliest period has not been looked at.
      if (looked + PER_QUERY >= MAX_RECORDS) {
        return issuancePeriods(interval, Math.max(first, end.earliest + 1), current, shown);
      }
      position = end.position;
    }
  }

  #isShown(caller: Caller, { sessionId, name }: SessionTally): boolean {
    return ownerOf(sessionId) === this.#applicationId && mayUseSession(caller, sessionId, name);
  }
}
