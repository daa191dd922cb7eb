import DataLoader from "dataloader";
import { GraphQLID, type GraphQLResolveInfo, valueFromAST } from "graphql";
import type { Caller } from "../access/caller.ts";
import { checkNode } from "../access/policy.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import type { IssuedTokenFilter } from "../domain/issued-token-filter.ts";
import type { Session } from "../domain/session.ts";
import type { SessionFilter } from "../domain/session-filter.ts";
import { beginsAsSessionId } from "../domain/session-id.ts";
import { oneKeyOf, type SessionKey } from "../domain/session-key.ts";
import type { IssuedTokens } from "../services/issued-tokens.ts";
import type { Page, PageInput } from "../services/page.ts";
import type { SessionService } from "../services/session-service.ts";
import { rootFields } from "./root-fields.ts";

/** How many sessions one query reads a page of tokens for. */
const PAGES_PER_QUERY = 100;
/** How many sessions one query counts the tokens of: each may have as many as are counted, and others wait meanwhile. */
const COUNTS_PER_QUERY = 10;

/** A page, with the length of the whole list, which is counted only when asked for; null where it cannot be told. */
export type Connection<T> = Page<T> & { readonly totalCount: () => Promise<number | null> };

type IssuedPages = DataLoader<Session, Page<IssuedToken>, string>;
type IssuedCounts = DataLoader<Session, number, string>;

/** The look-ups of one request: each asks the store once, however often it is needed. */
export class Loaders {
  readonly #caller: Caller;
  readonly #sessions: SessionService;
  readonly #issuedTokens: IssuedTokens;
  readonly #pages = new Map<string, Promise<Page<Session>>>();
  readonly #counts = new Map<string, Promise<number | null>>();
  readonly #audits = new Map<string, Promise<Page<IssuedToken>>>();
  readonly #auditCounts = new Map<string, Promise<number | null>>();
  readonly #issued = new Map<string, IssuedPages>();
  readonly #issuedCounts = new Map<string, IssuedCounts>();
  #loader: DataLoader<string, Session | null> | undefined;
  #named: DataLoader<string, Session | null> | undefined;
  #records: DataLoader<string, IssuedToken | null> | undefined;
  #lookedAhead = false;

  constructor(caller: Caller, sessions: SessionService, issuedTokens: IssuedTokens) {
    this.#caller = caller;
    this.#sessions = sessions;
    this.#issuedTokens = issuedTokens;
  }

  /** Made on first use: most requests look nothing up. */
  get #session(): DataLoader<string, Session | null> {
    this.#loader ??= new DataLoader((sessionIds) => this.#sessions.findMany(this.#caller, sessionIds));
    return this.#loader;
  }

  /** A page of the sessions that the caller may see and a filter leaves. */
  async sessions(page: PageInput, filter: SessionFilter): Promise<Connection<Session>> {
    const key = JSON.stringify(filter);
    const read = await once(this.#pages, key + keyOf(page), () =>
      this.#sessions.list(this.#caller, page, filter),
    );
    const totalCount = () => once(this.#counts, key, () => this.#sessions.count(this.#caller, filter));
    return { ...read, totalCount };
  }

  /** A page of the tokens that were issued for all sessions that the caller may use, as far as a filter leaves them. */
  async audit(page: PageInput, filter: IssuedTokenFilter): Promise<Connection<IssuedToken>> {
    const key = JSON.stringify(filter);
    const read = await once(this.#audits, key + keyOf(page), () =>
      this.#issuedTokens.list(this.#caller, page, filter),
    );
    const totalCount = () =>
      once(this.#auditCounts, key, () => this.#issuedTokens.count(this.#caller, filter));
    return { ...read, totalCount };
  }

  /** A page of the tokens that were issued for a session, read with those of the other sessions of which the same is asked. */
  async issuedTokens(
    session: Session,
    page: PageInput,
    info: GraphQLResolveInfo,
  ): Promise<Connection<IssuedToken>> {
    const part = partOf(info);
    const pages = once(this.#issued, part + keyOf(page), () =>
      perSession((sessions) => this.#issuedTokens.pages(this.#caller, sessions, page), PAGES_PER_QUERY),
    );
    const read = await pages.load(session);
    const counts = once(this.#issuedCounts, part, () =>
      perSession((sessions) => this.#issuedTokens.counts(this.#caller, sessions), COUNTS_PER_QUERY),
    );
    return { ...read, totalCount: () => counts.load(session) };
  }

  /**
   * The session of an ID, or the one that a name maps to now; null when there is none, or the caller may not see it.
   *
   * @throws {BadUserInput} unless exactly one of the two is given
   */
  async find(given: SessionKey): Promise<Session | null> {
    const key = oneKeyOf(given);
    const found = await ("name" in key ? this.#sessionNamed(key.name) : this.session(key.sessionId));
    return this.#sessions.shownTo(this.#caller, found);
  }

  /**
   * The session or the record of a token with this ID; null when there is none, or the caller may not see it.
   *
   * @throws {Forbidden} when the caller lacks the scope of what the ID is of
   */
  node(id: string): Promise<Session | IssuedToken | null> {
    checkNode(this.#caller, id);
    return beginsAsSessionId(id) ? this.find({ sessionId: id }) : this.#record(id);
  }

  /** The session, or null when its ID is malformed or another project's. */
  session(sessionId: string): Promise<Session | null> {
    return this.#session.load(sessionId);
  }

  #sessionNamed(name: string): Promise<Session | null> {
    this.#named ??= new DataLoader((names) => this.#sessions.findNamed(this.#caller, names));
    return this.#named.load(name);
  }

  #record(id: string): Promise<IssuedToken | null> {
    this.#records ??= new DataLoader((ids) => this.#issuedTokens.findMany(this.#caller, ids));
    return this.#records.load(id);
  }

  /**
   * The session of a token just generated; never null, for a token is only made for a session of ours.
   *
   * The root fields of a mutation run one after the other, so their look-ups cannot meet in a batch by
   * themselves. The first of them therefore looks ahead to all the sessions that the operation names.
   */
  async sessionOfToken(sessionId: string, info: GraphQLResolveInfo): Promise<Session> {
    if (!this.#lookedAhead) {
      this.#lookedAhead = true;
      // Never rejects; each look-up hears of its own failure when it is awaited.
      void this.#session.loadMany(sessionIdsNamed(info));
    }
    return this.sessionOfRecord(sessionId);
  }

  /** The session of a token that was issued here; never null, either. */
  async sessionOfRecord(sessionId: string): Promise<Session> {
    const session = await this.session(sessionId);
    if (session === null) throw new Error("a token was issued for a session that is not ours");
    return session;
  }
}

/** What a map has under a key; made when there is nothing yet. */
function once<T>(made: Map<string, T>, key: string, make: () => T): T {
  const known = made.get(key) ?? make();
  made.set(key, known);
  return known;
}

function keyOf({ first, after }: PageInput): string {
  return JSON.stringify([first, after]);
}

function perSession<T>(
  read: (sessions: readonly Session[]) => Promise<readonly (T | Error)[]>,
  maxBatchSize: number,
): DataLoader<Session, T, string> {
  return new DataLoader(read, { maxBatchSize, cacheKeyFn: ({ sessionId }) => sessionId });
}

/** Names what may be read once for all of it: root fields of a mutation run one after the other, and each may issue tokens. */
function partOf({ operation, path }: GraphQLResolveInfo): string {
  if (operation.operation !== "mutation") return "";
  let root = path;
  while (root.prev) root = root.prev;
  return String(root.key);
}

/** The values of the argument `sessionId` of the operation's root fields. */
function sessionIdsNamed({ operation, fragments, variableValues }: GraphQLResolveInfo): string[] {
  const fields = [...rootFields(operation.selectionSet, (name) => fragments[name])];
  return fields.flatMap((field) => {
    const argument = field.arguments?.find(({ name }) => name.value === "sessionId");
    const sessionId = argument && valueFromAST(argument.value, GraphQLID, variableValues);
    return typeof sessionId === "string" ? [sessionId] : [];
  });
}
