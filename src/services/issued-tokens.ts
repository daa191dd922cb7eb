import type { Caller } from "../access/caller.ts";
import { checkSession } from "../access/policy.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import type { Session } from "../domain/session.ts";
import type { Shares } from "../shares/shares.ts";
import type { IssuanceLedger } from "../store/store.ts";
import { BY_POSITION, MAX_TOTAL, type Page, type PageInput, pageOf, readingOf } from "./page.ts";

/** The answer for each of several sessions, in their order; `Forbidden` for one that the caller may not use. */
type Each<T> = readonly (T | Error)[];

/** Reads the ledger's records of sessions: one query for all of them, which are at most 100, none twice. */
export class IssuedTokens {
  readonly #ledger: IssuanceLedger;
  readonly #shares: Shares;

  constructor(ledger: IssuanceLedger, shares: Shares) {
    this.#ledger = ledger;
    this.#shares = shares;
  }

  /**
   * A page of the records of each session, newest first.
   *
   * @throws {BadUserInput} naming `first` or `after`
   */
  async pages(
    caller: Caller,
    sessions: readonly Session[],
    page: PageInput,
  ): Promise<Each<Page<IssuedToken>>> {
    const reading = readingOf(page, BY_POSITION);
    return this.#read(caller, sessions, async (ids) => {
      const found = await this.#ledger.newest(ids, reading.limit, reading.after);
      const items = found.map(({ position, issued }) => ({ place: position, node: issued }));
      return ids.map((id) => {
        const own = items.filter(({ node }) => node.sessionId === id);
        return pageOf(reading, own, BY_POSITION);
      });
    });
  }

  /** How many records each session has, up to `MAX_TOTAL`. */
  counts(caller: Caller, sessions: readonly Session[]): Promise<Each<number>> {
    return this.#read(caller, sessions, (ids) => this.#ledger.count(ids, MAX_TOTAL));
  }

  /** Reads those of the sessions together that the caller may use. */
  async #read<T>(
    caller: Caller,
    sessions: readonly Session[],
    read: (sessionIds: readonly string[]) => Promise<readonly T[]>,
  ): Promise<Each<T>> {
    const checked = sessions.map(({ sessionId, name }) => {
      try {
        checkSession(caller, sessionId, name);
        return sessionId;
      } catch (error) {
        return error as Error;
      }
    });
    const allowed = checked.filter((each) => typeof each === "string");
    const found = allowed.length > 0 ? await this.#shares.query(caller.id, () => read(allowed)) : [];
    const answers = found.values();
    return checked.map((each) => (typeof each === "string" ? (answers.next().value as T) : each));
  }
}
