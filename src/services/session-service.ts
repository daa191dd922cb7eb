import type { Caller } from "../access/caller.ts";
import { listableSessions, mayUseSession } from "../access/policy.ts";
import {
  type Session,
  type SessionOptionsInput,
  sessionKnownById,
  sessionOptions,
} from "../domain/session.ts";
import { parseSessionId } from "../domain/session-id.ts";
import type { Platform } from "../platform/platform.ts";
import type { SessionRegistry } from "../store/store.ts";
import { type Page, type PageInput, pageOf } from "./page.ts";

/** What a caller can ask about sessions. */
export class SessionService {
  readonly #platform: Platform;
  readonly #registry: SessionRegistry;
  readonly #now: () => Date;

  constructor(platform: Platform, registry: SessionRegistry, now: () => Date) {
    this.#platform = platform;
    this.#registry = registry;
    this.#now = now;
  }

  /**
   * Creates a session on the platform and registers it; for the rest of the request it is the caller's own. When it
   * cannot be registered, the caller does not get it: the platform keeps a session that nobody knows, which costs nothing.
   *
   * @throws {BadUserInput} naming the option that breaks a rule; then no session is created
   */
  async create(caller: Caller, input: SessionOptionsInput): Promise<Session> {
    const options = sessionOptions(input);
    const createdAt = this.#now();
    const sessionId = await this.#platform.createSession(options, createdAt);
    const session: Session = {
      sessionId,
      applicationId: this.#platform.applicationId,
      name: null,
      ...options,
      createdAt,
    };
    await this.#registry.add(session);
    caller.created.add(sessionId);
    return session;
  }

  /**
   * The sessions with these IDs, in their order, in one query. A session that was created elsewhere in the
   * project is known by its ID alone; one that is malformed or another project's is null.
   */
  async findMany(sessionIds: readonly string[]): Promise<(Session | null)[]> {
    const known = sessionIds.map((sessionId) => {
      const fields = parseSessionId(sessionId);
      return fields?.owner === this.#platform.applicationId ? sessionKnownById(sessionId, fields) : null;
    });
    const registered = new Map<string, Session>();
    const owned = known.flatMap((session) => session?.sessionId ?? []);
    if (owned.length > 0) {
      for (const session of await this.#registry.findMany(owned)) registered.set(session.sessionId, session);
    }
    return known.map((session) => session && (registered.get(session.sessionId) ?? session));
  }

  /** The session, or null when the caller may not see it. */
  shownTo(caller: Caller, session: Session | null): Session | null {
    return session && mayUseSession(caller, session.sessionId, session.name) ? session : null;
  }

  /**
   * The sessions created here that the caller may see, newest first.
   *
   * @throws {BadUserInput} naming `first` or `after`
   */
  list(caller: Caller, page: PageInput): Promise<Page<Session>> {
    const { applicationId } = this.#platform;
    const selection = listableSessions(caller);
    return pageOf(page, async (limit, position) => {
      const found = await this.#registry.newest(applicationId, selection, limit, position);
      return found.map(({ position, session }) => ({ position, node: session }));
    });
  }
}
