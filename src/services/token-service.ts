import { randomUUID } from "node:crypto";
import type { Caller } from "../access/caller.ts";
import { checkLifetime, checkRole, checkSession, needsSessionName } from "../access/policy.ts";
import type { Quota } from "../access/quota.ts";
import { type Audit, actorOf, refusedBy } from "../audit/audit.ts";
import { type ConnectionToken, TokenFormat } from "../domain/connection-token.ts";
import { DEFAULT_ROLE, type Grant, type GrantInput, grantFor } from "../domain/grant.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import type { Session } from "../domain/session.ts";
import { ownerOf } from "../domain/session-id.ts";
import { checkBatch, refusalFor, type TokenOutcome, type TokenRefusal } from "../domain/token-batch.ts";
import type { TokenInspection } from "../domain/token-inspection.ts";
import { SessionNotFound, StagepassError } from "../errors.ts";
import type { Shares } from "../shares/shares.ts";
import type { SigningService } from "../signing/signing-service.ts";
import type { IssuanceLedger, SessionRegistry } from "../store/store.ts";
import { BY_POSITION, MAX_TOTAL, type Page, type PageInput, pageOf, readingOf } from "./page.ts";

/** What a caller asks for a token; what is absent or null gets its default. */
export interface TokenInput extends GrantInput {
  readonly format?: TokenFormat | null;
}

/** A token that may be issued, and its record, without which nobody may get it. */
interface Draft {
  readonly grant: Grant;
  readonly record: IssuedToken;
}

function isDraft(outcome: Draft | TokenRefusal): outcome is Draft {
  return "record" in outcome;
}

/**
 * How many tokens are made in one turn of the event loop, so that other requests need not wait for a thousand. It takes
 * some 2 milliseconds.
 */
const PER_TURN = 50;

/** What was found for each of several, or why there is nothing for it. */
type Each<T> = readonly (T | Error)[];

/** What a caller can ask about tokens, whoever answers. */
export type Tokens = Pick<TokenService, keyof TokenService>;

/** What a caller can ask about tokens. */
export class TokenService {
  readonly #signing: SigningService;
  readonly #registry: SessionRegistry;
  readonly #ledger: IssuanceLedger;
  readonly #quota: Quota;
  readonly #now: () => Date;
  readonly #shares: Shares;
  readonly #audit: Audit;

  constructor(
    signing: SigningService,
    registry: SessionRegistry,
    ledger: IssuanceLedger,
    quota: Quota,
    now: () => Date,
    shares: Shares,
    audit: Audit,
  ) {
    this.#signing = signing;
    this.#registry = registry;
    this.#ledger = ledger;
    this.#quota = quota;
    this.#now = now;
    this.#shares = shares;
    this.#audit = audit;
  }

  /**
   * Generates a token for a session of this project, also one that was created elsewhere in it. It is on the ledger,
   * durably, and in the audit trail, before anybody gets it.
   *
   * @throws {RateLimited} when the caller has asked for too many
   * @throws {SessionNotFound} when the ID is malformed or another project's
   * @throws {Forbidden} when the caller may not grant this
   * @throws {BadUserInput} naming the argument that breaks a rule
   * @throws {LedgerUnavailable} or {AuditUnavailable} when it cannot be recorded
   */
  async generate(caller: Caller, sessionId: string, input: TokenInput): Promise<ConnectionToken> {
    await this.#quota.take(caller, 1);
    checkRole(caller, input.role ?? DEFAULT_ROLE);
    await this.#checkSession(caller, sessionId);
    const draft = this.#draft(caller, sessionId, input, this.#now());
    const token = await this.#sign(draft);
    await this.#record(caller, [draft.record]);
    return token;
  }

  /**
   * Generates a token for each of the requests, or refuses it without refusing the others. All that are generated are on
   * the ledger and in the audit trail, together, before anybody gets one of them.
   *
   * @returns what became of each request, in their order
   * @throws {BadUserInput} naming `requests`, when there are too many, and never for what one of them asks
   * @throws {RateLimited} when the caller has asked for too many with these
   * @throws {SessionNotFound} when the ID is malformed or another project's
   * @throws {Forbidden} when the caller may not use the session
   * @throws {LedgerUnavailable} or {AuditUnavailable} when they cannot be recorded
   */
  async generateMany(
    caller: Caller,
    sessionId: string,
    requests: readonly TokenInput[],
  ): Promise<TokenOutcome[]> {
    checkBatch(requests.length, this.#quota.most(caller));
    await this.#quota.take(caller, requests.length);
    await this.#checkSession(caller, sessionId);
    const issuedAt = this.#now();
    const drafts = requests.map((input) => this.#draftOrRefuse(caller, sessionId, input, issuedAt));
    const accepted = drafts.filter(isDraft);
    // Both at once: the disk is slow, and to sign takes the processor alone.
    const [tokens] = await Promise.all([
      this.#signInTurns(caller, accepted),
      this.#record(
        caller,
        accepted.map(({ record }) => record),
      ),
    ]);
    const signed = tokens.values();
    return drafts.map((each) => (isDraft(each) ? (signed.next().value as ConnectionToken) : each));
  }

  /**
   * The records of the tokens that were issued for each of the sessions, newest first, in one query.
   *
   * @param sessions at most 100, none of them twice
   * @returns in their order; {Forbidden} for a session that the caller may not use
   * @throws {BadUserInput} naming `first` or `after`
   */
  async issued(
    caller: Caller,
    sessions: readonly Session[],
    page: PageInput,
  ): Promise<Each<Page<IssuedToken>>> {
    const reading = readingOf(page, BY_POSITION);
    return this.#askLedger(caller, sessions, async (ids) => {
      const found = await this.#shares.query(caller.id, () =>
        this.#ledger.newest(ids, reading.limit, reading.after),
      );
      const items = found.map(({ position, issued }) => ({ place: position, node: issued }));
      return ids.map((id) => {
        const own = items.filter(({ node }) => node.sessionId === id);
        return pageOf(reading, own, BY_POSITION);
      });
    });
  }

  /** How many of these records each of the sessions has, up to `MAX_TOTAL`, as above. */
  countIssued(caller: Caller, sessions: readonly Session[]): Promise<Each<number>> {
    return this.#askLedger(caller, sessions, (ids) =>
      this.#shares.query(caller.id, () => this.#ledger.count(ids, MAX_TOTAL)),
    );
  }

  /** What a token grants, and whether a client could connect with it now. Nothing in a token is an error. */
  inspect(token: string): TokenInspection {
    return this.#signing.inspect(token, this.#now());
  }

  /** Asks for the sessions that the caller may use, together. */
  async #askLedger<T>(
    caller: Caller,
    sessions: readonly Session[],
    ask: (sessionIds: readonly string[]) => Promise<readonly T[]>,
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
    const answers = (allowed.length > 0 ? await ask(allowed) : []).values();
    return checked.map((each) => (typeof each === "string" ? (answers.next().value as T) : each));
  }

  async #record(caller: Caller, records: readonly IssuedToken[]): Promise<void> {
    await this.#ledger.record(records);
    await this.#audit.tokensIssued(caller, records);
  }

  #draftOrRefuse(caller: Caller, sessionId: string, input: TokenInput, issuedAt: Date): Draft | TokenRefusal {
    try {
      checkRole(caller, input.role ?? DEFAULT_ROLE);
      return this.#draft(caller, sessionId, input, issuedAt);
    } catch (error) {
      const refusal = refusalFor(error);
      const refused = error instanceof StagepassError && refusedBy(error.extensions, error.message);
      if (refused) this.#audit.refused(actorOf(caller), { ...refused, sessionId });
      return refusal;
    }
  }

  /** What a caller who may grant the role and the session asks for, once the rest has been found good. */
  #draft(caller: Caller, sessionId: string, input: TokenInput, issuedAt: Date): Draft {
    const grant = grantFor(sessionId, input, issuedAt, caller.permissions.maxLifetime);
    checkLifetime(caller, grant.expireTime - grant.createTime);
    const format = input.format ?? TokenFormat.JWT;
    this.#signing.checkFormat(format);
    const { role, expireTime } = grant;
    const expiresAt = new Date(expireTime * 1000);
    const record = {
      id: randomUUID(),
      sessionId,
      role,
      format,
      issuedTo: caller.subject,
      issuedAt,
      expiresAt,
    };
    return { grant, record };
  }

  async #signInTurns({ id }: Caller, drafts: readonly Draft[]): Promise<ConnectionToken[]> {
    const tokens: ConnectionToken[] = [];
    for (let start = 0; start < drafts.length; start += PER_TURN) {
      await this.#shares.turn(id);
      const portion = drafts.slice(start, start + PER_TURN);
      tokens.push(...(await Promise.all(portion.map((draft) => this.#sign(draft)))));
    }
    return tokens;
  }

  async #sign({ grant, record: { id, format, expiresAt } }: Draft): Promise<ConnectionToken> {
    const { sessionId, role, data, initialLayoutClassList, createTime, expireTime } = grant;
    // Named one by one: spreading the grant and adding to it costs as much as the signature.
    return {
      sessionId,
      role,
      data,
      initialLayoutClassList,
      createTime,
      expireTime,
      token: await this.#signing.sign(grant, id, format),
      format,
      applicationId: this.#signing.applicationId,
      createdAt: new Date(createTime * 1000),
      expiresAt,
    };
  }

  async #checkSession(caller: Caller, sessionId: string): Promise<void> {
    this.#checkOwner(sessionId);
    checkSession(caller, sessionId, await this.#nameFor(caller, sessionId));
  }

  /** The name of a session, looked up only when the decision needs it. */
  async #nameFor(caller: Caller, sessionId: string): Promise<string | null> {
    if (!needsSessionName(caller, sessionId)) return null;
    const [session] = await this.#shares.query(caller.id, () => this.#registry.findMany([sessionId]));
    return session?.name ?? null;
  }

  #checkOwner(sessionId: string): void {
    const { applicationId } = this.#signing;
    const owner = ownerOf(sessionId);
    if (owner === applicationId) return;
    throw new SessionNotFound(
      owner === null
        ? "sessionId is malformed; it must be exactly as createSession returned it"
        : `sessionId is of another project than this server's, ${applicationId}`,
    );
  }
}
