import type { Caller } from "../access/caller.ts";
import { checkName, listableSessions, mayUseSession } from "../access/policy.ts";
import {
  givenOptions,
  type Session,
  type SessionOptionsInput,
  sessionKnownById,
  sessionOptions,
} from "../domain/session.ts";
import { parseSessionId } from "../domain/session-id.ts";
import { checkMaxAge, checkSessionName } from "../domain/session-name.ts";
import { selectsByPrefix } from "../domain/session-selection.ts";
import { isStorable } from "../domain/text.ts";
import type { SessionPlace } from "../store/store.ts";
import { makeSession, type SessionParts } from "./make-session.ts";
import { NamedSessions } from "./named-sessions.ts";
import {
  BY_POSITION,
  type Cursors,
  MAX_TOTAL,
  type Page,
  type PageInput,
  pageOf,
  readingOf,
} from "./page.ts";

/** What a caller can ask about sessions. */
export class SessionService {
  readonly #parts: SessionParts;
  readonly #named: NamedSessions;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#named = new NamedSessions(parts);
  }

  /**
   * Creates a session on the platform and registers it; for the rest of the request it is the caller's own. When it
   * cannot be registered, the caller does not get it: the platform keeps a session that nobody knows, which costs nothing.
   *
   * @throws {RateLimited} when the caller, or the project, asks for too many
   * @throws {BadUserInput} naming the option that breaks a rule; then no session is created
   */
  async create(caller: Caller, input: SessionOptionsInput): Promise<Session> {
    const { quota, shares, sessions } = this.#parts;
    await quota.take(caller, 1);
    const session = await makeSession(this.#parts, caller, null, sessionOptions(input));
    await shares.query(caller.id, () => sessions.add(session));
    caller.admitted.add(session.sessionId);
    return session;
  }

  /**
   * The session that a name stands for: the one there is, or a new one, the same for all who ask at once. One that is
   * older than `maxAge` seconds is replaced. Only a new one counts for the caller's quota. The rules between options are
   * checked with the defaults applied, so that whether they are kept does not depend on the session there is.
   *
   * @throws {RateLimited} when the caller, or the project, asks for too many
   * @throws {Forbidden} when the caller may not use the name
   * @throws {BadUserInput} naming what breaks a rule, or the option in which the session differs
   */
  async ensure(
    caller: Caller,
    name: string,
    maxAge: number | null,
    input: SessionOptionsInput,
  ): Promise<Session> {
    const checkedName = checkSessionName(name);
    checkName(caller, checkedName);
    const session = await this.#named.ensure(caller, {
      name: checkedName,
      given: givenOptions(input),
      options: sessionOptions(input),
      maxAge: maxAge === null ? null : checkMaxAge(maxAge),
    });
    caller.admitted.add(session.sessionId);
    return session;
  }

  /**
   * The sessions with these IDs, in their order, in one query. A session that was created elsewhere in the
   * project is known by its ID alone; one that is malformed or another project's is null.
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

  /**
   * The sessions created here that the caller may see, newest first. For a caller whose grant has prefixes of names they are in
   * the order of their names, those without one first, and newest first within a name.
   *
   * @throws {BadUserInput} naming `first` or `after`
   */
  async list(caller: Caller, page: PageInput): Promise<Page<Session>> {
    const selection = listableSessions(caller);
    const cursors = selectsByPrefix(selection) && !selection.all ? BY_NAME : NEWEST_FIRST;
    const reading = readingOf(page, cursors);
    const { platform, shares, sessions } = this.#parts;
    const found = await shares.query(caller.id, () =>
      sessions.list(platform.applicationId, selection, reading.limit, reading.after),
    );
    const items = found.map(({ position, session }) => ({
      place: { name: session.name, position },
      node: session,
    }));
    return pageOf(reading, items, cursors);
  }

  /** How long that list is, up to `MAX_TOTAL`. */
  count(caller: Caller): Promise<number> {
    const { platform, shares, sessions } = this.#parts;
    return shares.query(caller.id, () =>
      sessions.count(platform.applicationId, listableSessions(caller), MAX_TOTAL),
    );
  }
}

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
