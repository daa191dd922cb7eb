import type { Caller } from "../access/caller.ts";
import { listableSessions } from "../access/policy.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import { checkFilter, type IssuedTokenFilter, isAskedFor, timesOf } from "../domain/issued-token-filter.ts";
import type { Session } from "../domain/session.ts";
import { isEmpty, selectsByName } from "../domain/session-selection.ts";
import { isStorable } from "../domain/text.ts";
import type { IssuanceLedger, LedgerWalk, TimePlace } from "../store/store.ts";
import { type Each, eachSession } from "./each-session.ts";
import { type FilteredList, lookThrough } from "./look-through.ts";
import { OneByOne } from "./one-by-one.ts";
import {
  BY_POSITION,
  BY_TIME,
  COUNTED_ROWS,
  type Cursors,
  MAX_TOTAL,
  type Page,
  type PageInput,
  pageOf,
  readingOf,
  totalOf,
} from "./page.ts";
import { decidingLength, type UsableSessionsParts, usableSessions } from "./usable-sessions.ts";

/** The dependencies of `IssuedTokens`. */
export interface IssuedTokensParts extends UsableSessionsParts {
  readonly ledger: IssuanceLedger;
}

/** Reads the records of the ledger. */
export class IssuedTokens {
  readonly #parts: IssuedTokensParts;
  /** A page may read 1000 records to show one, and a count may look up 10,000 sessions. */
  readonly #looking = new OneByOne();

  constructor(parts: IssuedTokensParts) {
    this.#parts = parts;
  }

  /**
   * A page of the records that match the filter, of all sessions that the caller may use, by `issuedAt`, latest first. With an ID or a
   * session, or for a grant with only session IDs, they are in issuance order, newest first.
   *
   * @throws {BadUserInput} naming `first`, `after` or the condition of the filter
   */
  async list(caller: Caller, page: PageInput, filter: IssuedTokenFilter): Promise<Page<IssuedToken>> {
    checkFilter(filter);
    const walk = await this.#walkFor(caller, filter);
    const cursors = walk !== null && "range" in walk ? BY_TIME : BY_ISSUANCE;
    const reading = readingOf(page, cursors);
    if (walk === null) return pageOf(reading, [], cursors);
    const { ledger, shares } = this.#parts;
    const list: FilteredList<IssuedToken, TimePlace> = {
      async read(limit, after) {
        const found = await shares.query(caller.id, () => ledger.list(walk, limit, after));
        return found.map(({ position, issued }) => {
          return { place: { time: issued.issuedAt.getTime(), position }, node: issued };
        });
      },
      shown: async (rows) => {
        const asked = rows.filter(({ node }) => isAskedFor(filter, node));
        return this.#usable(caller, asked, ({ node }) => node.sessionId);
      },
      walks: "sessionIds" in walk ? walk.sessionIds.length : 1,
    };
    return this.#looking.do(caller.id, () => lookThrough(reading, cursors, list));
  }

  /** The length of that list, up to `MAX_TOTAL`; null when it depends on records beyond `COUNTED_ROWS`. */
  async count(caller: Caller, filter: IssuedTokenFilter): Promise<number | null> {
    checkFilter(filter);
    const walk = await this.#walkFor(caller, filter);
    if (walk === null) return 0;
    const { ledger, shares } = this.#parts;
    const alike = decidingLength(this.#parts, caller);
    return this.#looking.do(caller.id, async () => {
      const counted = await shares.query(caller.id, () =>
        ledger.countWalk(walk, filter, COUNTED_ROWS, alike),
      );
      const usable = await this.#usable(caller, counted, ({ sessionId }) => sessionId);
      const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
      return totalOf({
        looked: sum(counted.map(({ looked }) => looked)),
        count: sum(usable.map(({ count }) => count)),
      });
    });
  }

  /** The records with these IDs, in order, in one query; null for an unknown or forbidden one. */
  async findMany(caller: Caller, ids: readonly string[]): Promise<(IssuedToken | null)[]> {
    const { ledger, shares } = this.#parts;
    const known = ids.filter(isStorable);
    const found = known.length > 0 ? await shares.query(caller.id, () => ledger.findMany(known)) : [];
    const usable = await this.#usable(caller, found, ({ sessionId }) => sessionId);
    const records = new Map(usable.map((issued) => [issued.id, issued]));
    return ids.map((id) => records.get(id) ?? null);
  }

  /**
   * The walk that reads the fewest records; null when no record can match. A session that the caller may not use gives null, because
   * the length of its pages would reveal its records. A caller who may not use every session gets no walk by `issuedTo`: its
   * cursors would reveal when other tokens were issued.
   */
  async #walkFor(caller: Caller, filter: IssuedTokenFilter): Promise<LedgerWalk | null> {
    const { id, sessionId, issuedTo } = filter;
    const selection = listableSessions(caller);
    if (isEmpty(selection)) return null;
    if (sessionId != null) {
      const usable = await usableSessions(this.#parts, caller, [sessionId]);
      if (usable.size === 0) return null;
    }
    if (id != null) return { id };
    if (sessionId != null) return { sessionIds: [sessionId] };
    if (!selection.all && !selectsByName(selection)) return { sessionIds: [...selection.ids] };
    return { issuedTo: selection.all ? (issuedTo ?? null) : null, range: timesOf(filter) };
  }

  /** The items whose session the caller may use. */
  async #usable<T>(caller: Caller, all: readonly T[], sessionOf: (each: T) => string): Promise<T[]> {
    const usable = await usableSessions(this.#parts, caller, all.map(sessionOf));
    return all.filter((each) => usable.has(sessionOf(each)));
  }

  /**
   * A page of the records of each session, newest first, in one query. There are at most 100 sessions, without duplicates.
   *
   * @throws {BadUserInput} naming `first` or `after`
   */
  async pages(
    caller: Caller,
    sessions: readonly Session[],
    page: PageInput,
  ): Promise<Each<Page<IssuedToken>>> {
    const reading = readingOf(page, BY_POSITION);
    return eachSession(this.#parts.shares, caller, sessions, async (ids) => {
      const found = await this.#parts.ledger.newest(ids, reading.limit, reading.after);
      const items = found.map(({ position, issued }) => ({ place: position, node: issued }));
      return ids.map((id) => {
        const own = items.filter(({ node }) => node.sessionId === id);
        return pageOf(reading, own, BY_POSITION);
      });
    });
  }

  /** The number of records of each session, up to `MAX_TOTAL`, in one query. */
  counts(caller: Caller, sessions: readonly Session[]): Promise<Each<number>> {
    return eachSession(this.#parts.shares, caller, sessions, (ids) =>
      this.#parts.ledger.count(ids, MAX_TOTAL),
    );
  }
}

/** The cursors of a list in issuance order. */
const BY_ISSUANCE: Cursors<TimePlace> = {
  write: ({ position }) => BY_POSITION.write(position),
  read(text) {
    const position = BY_POSITION.read(text);
    return position === null ? null : { time: 0, position };
  },
};
