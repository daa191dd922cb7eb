import type { Caller } from "../access/caller.ts";
import {
  checkName,
  checkNewSession,
  checkOptions,
  listableSessions,
  mayUseSession,
} from "../access/policy.ts";
import {
  givenOptions,
  type Session,
  type SessionOptionsInput,
  sessionKnownById,
  sessionOptions,
} from "../domain/session.ts";
import { nameFilterOf, type SessionFilter, timesOf } from "../domain/session-filter.ts";
import { parseSessionId } from "../domain/session-id.ts";
import { checkMaxAge, checkSessionName } from "../domain/session-name.ts";
import { isByName, narrowed } from "../domain/session-selection.ts";
import { isStorable } from "../domain/text.ts";
import { isUnbounded, isWithin } from "../domain/time-range.ts";
import { LedgerOff } from "../errors.ts";
import type { RegisteredSession, SessionPlace } from "../store/store.ts";
import { type FilteredList, lookThrough } from "./look-through.ts";
import { makeSession, type SessionParts } from "./make-session.ts";
import { NamedSessions } from "./named-sessions.ts";
import { OneByOne } from "./one-by-one.ts";
import {
  BY_POSITION,
  BY_TIME,
  COUNTED_ROWS,
  type Cursors,
  type Page,
  type PageInput,
  pageOf,
  readingOf,
  totalOf,
} from "./page.ts";

/** Creates, finds and lists sessions for callers. */
export class SessionService {
  readonly #parts: SessionParts;
  readonly #named: NamedSessions;
  /** A page may read 1000 sessions to show one. */
  readonly #looking = new OneByOne();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#named = new NamedSessions(parts);
  }

  /**
   * Creates a session on the platform and registers it. The caller may use it for the rest of the request. If the registration
   * fails, the caller does not get the session. The unused session on the platform costs nothing.
   *
   * @throws {RateLimited} when the caller or the project exceeds its limit.
   * @throws {BadUserInput} naming the option that breaks a rule; then no session is created.
   */
  async create(caller: Caller, input: SessionOptionsInput): Promise<Session> {
    const { quota, shares, sessions } = this.#parts;
    await quota.take(caller, 1);
    this.#checkOptions(caller, input, false);
    const options = sessionOptions(input);
    checkNewSession(caller, options);
    const session = await makeSession(this.#parts, caller, null, options);
    await shares.query(caller.id, () => sessions.add(session));
    caller.admitted.add(session.sessionId);
    return session;
  }

  /**
   * The session that a name maps to, or a new one, which is the same for all concurrent callers. A session older than `maxAge`
   * seconds is replaced. Only a new session uses the caller's quota and gets default options.
   *
   * @throws {RateLimited} when the caller or the project exceeds its limit.
   * @throws {Forbidden} when the caller may not use the name.
   * @throws {BadUserInput} naming the argument that breaks a rule or differs from the session.
   */
  async ensure(
    caller: Caller,
    name: string,
    maxAge: number | null,
    input: SessionOptionsInput,
  ): Promise<Session> {
    const checkedName = checkSessionName(name);
    checkName(caller, checkedName);
    this.#checkOptions(caller, input, maxAge !== null);
    const session = await this.#named.ensure(caller, {
      name: checkedName,
      given: givenOptions(input),
      maxAge: maxAge === null ? null : checkMaxAge(maxAge),
    });
    caller.admitted.add(session.sessionId);
    return session;
  }

  #checkOptions(caller: Caller, input: SessionOptionsInput, maxAge: boolean): void {
    checkOptions(caller, input, maxAge);
    if (input.maxParticipants != null && !this.#parts.isLedgerOn) throw new LedgerOff();
  }

  /**
   * The sessions with these IDs, in order, in one query. A session that was created elsewhere in the project has only the values in
   * its ID. An ID that is malformed or of another project gives null.
   */
  async findMany({ id }: Caller, sessionIds: readonly string[]): Promise<(Session | null)[]> {
    const { platform, shares, sessions } = this.#parts;
    const known = new Map<string, Session>();
    for (const sessionId of sessionIds) {
      const fields = parseSessionId(sessionId);
      if (fields?.owner === platform.applicationId) known.set(sessionId, sessionKnownById(sessionId, fields));
    }
    const found = known.size > 0 ? await shares.query(id, () => sessions.findMany([...known.keys()])) : [];
    for (const session of found) known.set(session.sessionId, session);
    return sessionIds.map((sessionId) => known.get(sessionId) ?? null);
  }

  /** The session, or null when the caller may not see it. */
  shownTo(caller: Caller, session: Session | null): Session | null {
    return session && mayUseSession(caller, session.sessionId, session.name) ? session : null;
  }

  /** The sessions that the names map to now, in order, in one query; null for a name without a session. */
  async findNamed({ id }: Caller, names: readonly string[]): Promise<(Session | null)[]> {
    const { platform, shares, names: registered } = this.#parts;
    const found = await shares.query(id, () => registered.findMany(platform.applicationId, names));
    const sessions = new Map(found.map((session) => [session.name, session]));
    return names.map((name) => sessions.get(name) ?? null);
  }

  /**
   * The sessions created here that match the filter and that the caller may see, newest first. With `namePrefix`, or without `name` for
   * a grant with prefixes, they are in name order: first those without a name. Within a name, the newest is first.
   *
   * @throws {BadUserInput} naming `first`, `after` or the condition of the filter
   */
  async list(caller: Caller, page: PageInput, filter: SessionFilter): Promise<Page<Session>> {
    const { platform, shares, sessions } = this.#parts;
    const { applicationId } = platform;
    const range = timesOf(filter);
    const selection = narrowed(listableSessions(caller), nameFilterOf(filter));
    const read = async <P>(ask: () => Promise<RegisteredSession[]>, placeOf: PlaceOf<P>) => {
      const found = await shares.query(caller.id, ask);
      return found.map((each) => ({ place: placeOf(each), node: each.session }));
    };
    if (selection.all && !isUnbounded(range)) {
      const reading = readingOf(page, BY_TIME);
      const { limit, after } = reading;
      const items = await read(
        () => sessions.listCreated(applicationId, range, limit, after),
        // A session in a time range has a `createdAt`.
        ({ position, session }) => ({ time: Number(session.createdAt), position }),
      );
      return pageOf(reading, items, BY_TIME);
    }
    const cursors = isByName(selection) ? BY_NAME : NEWEST_FIRST;
    const reading = readingOf(page, cursors);
    const list: FilteredList<Session, SessionPlace> = {
      read: (limit, after) =>
        read(
          () => sessions.list(applicationId, selection, limit, after),
          ({ position, session }) => ({ name: session.name, position }),
        ),
      shown: async (rows) => rows.filter(({ node }) => isWithin(range, node.createdAt)),
      walks: 1,
    };
    const look = () => lookThrough(reading, cursors, list);
    return isUnbounded(range) ? look() : this.#looking.do(caller.id, look);
  }

  /** The length of that list, up to `MAX_TOTAL`; null when it depends on rows beyond `COUNTED_ROWS`. */
  async count(caller: Caller, filter: SessionFilter): Promise<number | null> {
    const { platform, shares, sessions } = this.#parts;
    const selection = narrowed(listableSessions(caller), nameFilterOf(filter));
    const counted = await shares.query(caller.id, () =>
      sessions.count(platform.applicationId, selection, timesOf(filter), COUNTED_ROWS),
    );
    return totalOf(counted);
  }
}

type PlaceOf<P> = (found: RegisteredSession) => P;

const NEWEST_FIRST: Cursors<SessionPlace> = {
  write: ({ position }) => BY_POSITION.write(position),
  read(text) {
    const position = BY_POSITION.read(text);
    return position === null ? null : { name: null, position };
  },
};

const BY_NAME: Cursors<SessionPlace> = {
  write: ({ name, position }) => `name:${position}${name === null ? "" : `:${name}`}`,
  read(text) {
    const [, digits, name = null] = /^name:(\d{1,15})(?::(.*))?$/s.exec(text) ?? [];
    if (digits === undefined || !isStorable(name ?? "")) return null;
    return { name, position: Number(digits) };
  },
};
