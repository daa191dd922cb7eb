import DataLoader from "dataloader";
import { GraphQLID, type GraphQLResolveInfo, valueFromAST } from "graphql";
import type { Caller } from "../access/caller.ts";
import { checkNode } from "../access/policy.ts";
import { type Ban, beginsAsBanId } from "../domain/ban.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import type { IssuedTokenFilter } from "../domain/issued-token-filter.ts";
import { beginsAsParticipantId, type Participant } from "../domain/participant.ts";
import type { Session } from "../domain/session.ts";
import type { SessionFilter } from "../domain/session-filter.ts";
import { beginsAsSessionId } from "../domain/session-id.ts";
import { oneKeyOf, type SessionKey } from "../domain/session-key.ts";
import type { TokenInspection } from "../domain/token-inspection.ts";
import type { BanService } from "../services/bans.ts";
import { CallerPermissions, type PermissionParts } from "../services/caller-permissions.ts";
import type { IssuedTokens } from "../services/issued-tokens.ts";
import type { Page, PageInput } from "../services/page.ts";
import type { ParticipantService } from "../services/participants.ts";
import type { SessionService } from "../services/session-service.ts";
import type { Tokens } from "../services/token-service.ts";
import { ParticipantLoaders } from "./participant-loaders.ts";
import { COUNTS_PER_QUERY, keyOf, once, PAGES_PER_QUERY, perSession } from "./per-session.ts";
import { rootFields } from "./root-fields.ts";

/** A page of a list. `totalCount` counts the whole list on demand; null if the count is unknown. */
export type Connection<T> = Page<T> & { readonly totalCount: () => Promise<number | null> };

type IssuedPages = DataLoader<Session, Page<IssuedToken>, string>;
type IssuedCounts = DataLoader<Session, number, string>;

/** The look-ups of one request. Each reads the store once. */
export class Loaders {
  #participants: ParticipantLoaders;
  readonly #caller: Caller;
  readonly #sessions: SessionService;
  readonly #tokens: Tokens;
  readonly #issuedTokens: IssuedTokens;
  readonly #participantService: ParticipantService;
  readonly #banService: BanService;
  readonly #permissionParts: PermissionParts;
  readonly #pages = new Map<string, Promise<Page<Session>>>();
  readonly #counts = new Map<string, Promise<number | null>>();
  readonly #audits = new Map<string, Promise<Page<IssuedToken>>>();
  readonly #auditCounts = new Map<string, Promise<number | null>>();
  readonly #issued = new Map<string, IssuedPages>();
  readonly #issuedCounts = new Map<string, IssuedCounts>();
  #loader: DataLoader<string, Session | null> | undefined;
  #named: DataLoader<string, Session | null> | undefined;
  #records: DataLoader<string, IssuedToken | null> | undefined;
  #bans: DataLoader<string, Ban | null> | undefined;
  #inspections: DataLoader<string, TokenInspection> | undefined;
  #permissions: CallerPermissions | undefined;
  #lookedAhead = false;

  constructor(
    caller: Caller,
    sessions: SessionService,
    tokens: Tokens,
    issuedTokens: IssuedTokens,
    participants: ParticipantService,
    bans: BanService,
    permissions: PermissionParts,
  ) {
    this.#caller = caller;
    this.#sessions = sessions;
    this.#tokens = tokens;
    this.#issuedTokens = issuedTokens;
    this.#participantService = participants;
    this.#banService = bans;
    this.#permissionParts = permissions;
    this.#participants = new ParticipantLoaders(caller, participants);
  }

  get participants(): ParticipantLoaders {
    return this.#participants;
  }

  /** What the caller may do. */
  get permissions(): CallerPermissions {
    this.#permissions ??= new CallerPermissions(this.#permissionParts, this.#caller);
    return this.#permissions;
  }

  /** Forgets sessions, participants and records that an act may have changed, for later root fields of the mutation. */
  forget(): void {
    this.#loader?.clearAll();
    this.#records = undefined;
    this.#participants = new ParticipantLoaders(this.#caller, this.#participantService);
  }

  /** Created on first use, because most requests look up no session. */
  get #session(): DataLoader<string, Session | null> {
    this.#loader ??= new DataLoader((sessionIds) => this.#sessions.findMany(this.#caller, sessionIds));
    return this.#loader;
  }

  /** A page of the sessions that the caller may see and that match a filter. */
  async sessions(page: PageInput, filter: SessionFilter): Promise<Connection<Session>> {
    const key = JSON.stringify(filter);
    const read = await once(this.#pages, key + keyOf(page), () =>
      this.#sessions.list(this.#caller, page, filter),
    );
    const totalCount = () => once(this.#counts, key, () => this.#sessions.count(this.#caller, filter));
    return { ...read, totalCount };
  }

  /** A page of the tokens issued for all sessions that the caller may use and that match a filter. */
  async audit(page: PageInput, filter: IssuedTokenFilter): Promise<Connection<IssuedToken>> {
    const key = JSON.stringify(filter);
    const read = await once(this.#audits, key + keyOf(page), () =>
      this.#issuedTokens.list(this.#caller, page, filter),
    );
    const totalCount = () =>
      once(this.#auditCounts, key, () => this.#issuedTokens.count(this.#caller, filter));
    return { ...read, totalCount };
  }

  /** A page of the tokens issued for a session. One query reads the pages of several sessions. */
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
   * The session of an ID, or the current session of a name. Null if the caller may not see it or it does not exist.
   *
   * @throws {BadUserInput} unless exactly one of the two is given
   */
  async find(given: SessionKey): Promise<Session | null> {
    const key = oneKeyOf(given);
    const found = await ("name" in key ? this.#sessionNamed(key.name) : this.session(key.sessionId));
    return this.#sessions.shownTo(this.#caller, found);
  }

  /**
   * The session, participant, issued token or ban with this ID. Null if it does not exist or the caller may not see it.
   *
   * @throws {Forbidden} when the caller lacks the scope for the type of the ID
   */
  node(id: string): Promise<Session | Participant | IssuedToken | Ban | null> {
    checkNode(this.#caller, id);
    if (beginsAsSessionId(id)) return this.find({ sessionId: id });
    if (beginsAsBanId(id)) return this.#ban(id);
    return beginsAsParticipantId(id) ? this.participants.find(id) : this.record(id);
  }

  #ban(id: string): Promise<Ban | null> {
    this.#bans ??= new DataLoader((ids) => this.#banService.findMany(this.#caller, ids));
    return this.#bans.load(id);
  }

  /** What a token grants, and whether a client could connect with it now. */
  inspect(token: string): Promise<TokenInspection> {
    this.#inspections ??= new DataLoader((tokens) => this.#tokens.inspectMany(this.#caller, tokens));
    return this.#inspections.load(token);
  }

  /** The session; null if its ID is malformed or belongs to another project. */
  session(sessionId: string): Promise<Session | null> {
    return this.#session.load(sessionId);
  }

  #sessionNamed(name: string): Promise<Session | null> {
    this.#named ??= new DataLoader((names) => this.#sessions.findNamed(this.#caller, names));
    return this.#named.load(name);
  }

  /** The record of an issued token; null if it does not exist or the caller may not see it. */
  record(id: string): Promise<IssuedToken | null> {
    this.#records ??= new DataLoader((ids) => this.#issuedTokens.findMany(this.#caller, ids));
    return this.#records.load(id);
  }

  /**
   * The session of a token that was just generated.
   *
   * The root fields of a mutation run one after another, so DataLoader cannot batch their look-ups. The first look-up
   * therefore loads all sessions that the operation names.
   */
  async sessionOfToken(sessionId: string, info: GraphQLResolveInfo): Promise<Session> {
    if (!this.#lookedAhead) {
      this.#lookedAhead = true;
      // Never rejects: each look-up gets its own failure when it is awaited.
      void this.#session.loadMany(sessionIdsNamed(info));
    }
    return this.sessionOfRecord(sessionId);
  }

  /** A page of the participants of a session. Their `session` and `token` need no look-up of the session. */
  async participantsOf(session: Session, page: PageInput, present: boolean): Promise<Page<Participant>> {
    const read = await this.participants.page(session, page, present);
    this.#session.prime(session.sessionId, session);
    this.#caller.admitted.add(session.sessionId);
    return read;
  }

  /** The session of a token or a participant, which always belongs to this project. */
  async sessionOfRecord(sessionId: string): Promise<Session> {
    const session = await this.session(sessionId);
    if (session === null) throw new Error("a record has a session of another project");
    return session;
  }
}

/** The part of an operation that shares reads: a whole query, or one root field of a mutation, which may issue tokens. */
function partOf({ operation, path }: GraphQLResolveInfo): string {
  if (operation.operation !== "mutation") return "";
  let root = path;
  while (root.prev) root = root.prev;
  return String(root.key);
}

/** The values of the argument `sessionId` in the operation's root fields. */
function sessionIdsNamed({ operation, fragments, variableValues }: GraphQLResolveInfo): string[] {
  const fields = [...rootFields(operation.selectionSet, (name) => fragments[name])];
  return fields.flatMap((field) => {
    const argument = field.arguments?.find(({ name }) => name.value === "sessionId");
    const sessionId = argument && valueFromAST(argument.value, GraphQLID, variableValues);
    return typeof sessionId === "string" ? [sessionId] : [];
  });
}
