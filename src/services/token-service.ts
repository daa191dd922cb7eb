import { randomUUID } from "node:crypto";
import type { Caller } from "../access/caller.ts";
import { checkLifetime, checkRole, checkSession, needsSessionName } from "../access/policy.ts";
import type { Quota } from "../access/quota.ts";
import { type Audit, actorOf, noteRefusal } from "../audit/audit.ts";
import { type ConnectionToken, formatOf, type TokenInput } from "../domain/connection-token.ts";
import { type Grant, grantFor, roleOf } from "../domain/grant.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import { checkOwner } from "../domain/session-id.ts";
import { checkBatch, type TokenOutcome, type TokenRefusal, tokenRefusalOf } from "../domain/token-batch.ts";
import { newTokenId } from "../domain/token-id.ts";
import type { TokenInspection } from "../domain/token-inspection.ts";
import { StagepassError } from "../errors.ts";
import type { Shares } from "../shares/shares.ts";
import type { SigningService } from "../signing/signing-service.ts";
import type { IssuanceLedger, SessionRegistry } from "../store/store.ts";

/** A token to issue, and the record without which nobody may get it. */
interface Draft {
  readonly grant: Grant;
  readonly record: IssuedToken;
}

function isDraft(outcome: Draft | TokenRefusal): outcome is Draft {
  return "record" in outcome;
}

/** Tokens signed per turn of the event loop: some 2 milliseconds, so that other requests need not wait for a thousand. */
const PER_TURN = 50;

/** What tokens are made with, and where they are recorded. */
export interface TokenParts {
  readonly signing: SigningService;
  readonly sessions: SessionRegistry;
  readonly ledger: IssuanceLedger;
  readonly audit: Audit;
  /** How many tokens each caller may ask for. */
  readonly quota: Quota;
  readonly shares: Shares;
  readonly now: () => Date;
}

/** What `TokenService` does; metrics wrap it. */
export type Tokens = Pick<TokenService, keyof TokenService>;

/** Generates tokens, and inspects them. */
export class TokenService {
  readonly #parts: TokenParts;

  constructor(parts: TokenParts) {
    this.#parts = parts;
  }

  /**
   * Generates a token for a session of this project, wherever it was created. The token is on the ledger, durably, and in
   * the audit trail, before anybody gets it.
   *
   * @throws {RateLimited} when the caller has asked for too many
   * @throws {SessionNotFound} when the ID is malformed or another project's
   * @throws {Forbidden} when the caller may not grant this
   * @throws {BadUserInput} naming the argument that breaks a rule
   * @throws {LedgerUnavailable} or {AuditUnavailable} when it cannot be recorded
   */
  async generate(caller: Caller, sessionId: string, input: TokenInput): Promise<ConnectionToken> {
    const { quota, now } = this.#parts;
    await quota.take(caller, 1);
    // Before the session, which may have to be looked up.
    checkRole(caller, roleOf(input));
    await this.#checkSession(caller, sessionId);
    const [token] = await this.#issue(caller, [this.#draft(caller, sessionId, input, now())]);
    return token as ConnectionToken;
  }

  /**
   * Generates a token for each request, or refuses it without refusing the others. All tokens are on the ledger and in the
   * audit trail, together, before anybody gets one of them.
   *
   * @returns the outcome of each request, in their order
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
    const { quota, now } = this.#parts;
    checkBatch(requests.length, quota.most(caller));
    await quota.take(caller, requests.length);
    await this.#checkSession(caller, sessionId);
    const issuedAt = now();
    const drafts = requests.map((input) => this.#draftOrRefuse(caller, sessionId, input, issuedAt));
    const tokens = (await this.#issue(caller, drafts.filter(isDraft))).values();
    return drafts.map((each) => (isDraft(each) ? (tokens.next().value as ConnectionToken) : each));
  }

  /** What a token grants, and whether a client could connect with it now. Nothing in a token is an error. */
  inspect(token: string): TokenInspection {
    return this.#parts.signing.inspect(token, this.#parts.now());
  }

  async #checkSession(caller: Caller, sessionId: string): Promise<void> {
    checkOwner(this.#parts.signing.applicationId, sessionId);
    checkSession(caller, sessionId, await this.#nameFor(caller, sessionId));
  }

  /** The name of a session, looked up only when the decision needs it. */
  async #nameFor(caller: Caller, sessionId: string): Promise<string | null> {
    if (!needsSessionName(caller, sessionId)) return null;
    const { shares, sessions } = this.#parts;
    const [session] = await shares.query(caller.id, () => sessions.findMany([sessionId]));
    return session?.name ?? null;
  }

  #draftOrRefuse(caller: Caller, sessionId: string, input: TokenInput, issuedAt: Date): Draft | TokenRefusal {
    try {
      checkRole(caller, roleOf(input));
      return this.#draft(caller, sessionId, input, issuedAt);
    } catch (error) {
      if (!(error instanceof StagepassError)) throw error;
      noteRefusal(this.#parts.audit, actorOf(caller), error.extensions, error.message, sessionId);
      return tokenRefusalOf(error);
    }
  }

  /** The token of a caller who may grant the role and use the session, once the rest of the input is checked. */
  #draft(caller: Caller, sessionId: string, input: TokenInput, issuedAt: Date): Draft {
    const grant = grantFor(sessionId, input, issuedAt, caller.permissions.maxLifetime);
    const { role, createTime, expireTime } = grant;
    checkLifetime(caller, expireTime - createTime);
    const format = formatOf(input);
    this.#parts.signing.checkFormat(format);
    const expiresAt = new Date(expireTime * 1000);
    const issuedTo = caller.subject;
    return {
      grant,
      record: {
        id: newTokenId(issuedAt, randomUUID()),
        sessionId,
        role,
        format,
        issuedTo,
        issuedAt,
        expiresAt,
      },
    };
  }

  /** Signs and records at once, since the disk is slow and signing takes the processor alone. Delivers when both are done. */
  async #issue(caller: Caller, drafts: readonly Draft[]): Promise<ConnectionToken[]> {
    const [tokens] = await Promise.all([this.#signInTurns(caller, drafts), this.#record(caller, drafts)]);
    return tokens;
  }

  async #record(caller: Caller, drafts: readonly Draft[]): Promise<void> {
    const records = drafts.map(({ record }) => record);
    await this.#parts.ledger.record(records);
    await this.#parts.audit.tokensIssued(caller, records);
  }

  async #signInTurns({ id }: Caller, drafts: readonly Draft[]): Promise<ConnectionToken[]> {
    const sign = (portion: readonly Draft[]) => Promise.all(portion.map((draft) => this.#sign(draft)));
    // One token is signed in the turn of its request.
    if (drafts.length === 1) return sign(drafts);
    const tokens: ConnectionToken[] = [];
    for (let start = 0; start < drafts.length; start += PER_TURN) {
      await this.#parts.shares.turn(id);
      tokens.push(...(await sign(drafts.slice(start, start + PER_TURN))));
    }
    return tokens;
  }

  async #sign({ grant, record: { id, format, expiresAt } }: Draft): Promise<ConnectionToken> {
    const { sessionId, role, data, initialLayoutClassList, createTime, expireTime } = grant;
    const { signing } = this.#parts;
    // Named one by one: spreading the grant and adding to it costs as much as the signature.
    return {
      sessionId,
      role,
      data,
      initialLayoutClassList,
      createTime,
      expireTime,
      token: await signing.sign(grant, id, format),
      id,
      format,
      applicationId: signing.applicationId,
      createdAt: new Date(createTime * 1000),
      expiresAt,
    };
  }
}
