import { randomUUID } from "node:crypto";
import type { Caller } from "../access/caller.ts";
import { boundData, boundIdentity, checkLifetime, checkRole } from "../access/policy.ts";
import type { Quota } from "../access/quota.ts";
import { type Audit, actorOf, noteRefusal } from "../audit/audit.ts";
import { type Inadmissible, inadmissibleError } from "../domain/admission.ts";
import { type ConnectionToken, formatOf, identityOf, type TokenInput } from "../domain/connection-token.ts";
import { type Grant, grantFor, roleOf } from "../domain/grant.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import { isStorable } from "../domain/text.ts";
import { checkBatch, type TokenOutcome, type TokenRefusal, tokenRefusalOf } from "../domain/token-batch.ts";
import { newTokenId } from "../domain/token-id.ts";
import { asRevoked, type TokenInspection, TokenStatus } from "../domain/token-inspection.ts";
import { StagepassError } from "../errors.ts";
import type { Shares } from "../shares/shares.ts";
import type { SigningService } from "../signing/signing-service.ts";
import type { IssuanceLedger, SessionRegistry } from "../store/store.ts";
import { checkUsable } from "./usable-sessions.ts";

/** A token to issue, with its record, which must be stored before anyone gets the token. */
interface Draft {
  readonly grant: Grant;
  readonly record: IssuedToken;
}

/** A signed token. Nobody may get it if it is refused. */
interface Issued {
  readonly token: ConnectionToken;
  readonly refused: Inadmissible | undefined;
}

function isDraft(outcome: Draft | TokenRefusal): outcome is Draft {
  return "record" in outcome;
}

/** Tokens signed per tick of the event loop: about 2 milliseconds, so that other requests do not wait for a whole batch. */
const PER_TURN = 50;

/** The dependencies of `TokenService`. */
export interface TokenParts {
  readonly signing: SigningService;
  readonly sessions: SessionRegistry;
  readonly ledger: IssuanceLedger;
  readonly audit: Audit;
  /** The quota of tokens for each caller. */
  readonly quota: Quota;
  readonly shares: Shares;
  readonly now: () => Date;
}

/** The interface of `TokenService`, which metrics wrap. */
export type Tokens = Pick<TokenService, keyof TokenService>;

/** Generates and inspects tokens. */
export class TokenService {
  readonly #parts: TokenParts;

  constructor(parts: TokenParts) {
    this.#parts = parts;
  }

  /**
   * Generates a token for a session of this project, wherever it was created. The token is durably on the ledger, and in the audit
   * trail, before the caller gets it.
   *
   * @throws {RateLimited} when the caller exceeds its quota.
   * @throws {SessionNotFound} when the ID is malformed or another project's.
   * @throws {Forbidden} when the caller may not grant this.
   * @throws {BadUserInput} naming the argument that breaks a rule.
   * @throws {LedgerUnavailable} or {AuditUnavailable} when the token cannot be recorded.
   */
  async generate(caller: Caller, sessionId: string, input: TokenInput): Promise<ConnectionToken> {
    const { quota, now } = this.#parts;
    await quota.take(caller, 1);
    // Checked before the session, which may need a query.
    checkRole(caller, roleOf(input));
    await this.#checkSession(caller, sessionId);
    const [{ token, refused }] = (await this.#issue(caller, [
      this.#draft(caller, sessionId, input, now()),
    ])) as [Issued];
    if (refused) throw inadmissibleError(refused);
    return token;
  }

  /**
   * Generates a token for each request, or refuses that request alone. All tokens are together on the ledger and in the audit
   * trail before the caller gets any of them.
   *
   * @returns the outcome of each request, in order.
   * @throws {BadUserInput} naming `requests` when there are too many, but never for a single invalid request.
   * @throws {RateLimited} when the caller exceeds its quota with these requests.
   * @throws {SessionNotFound} when the ID is malformed or another project's.
   * @throws {Forbidden} when the caller may not use the session.
   * @throws {LedgerUnavailable} or {AuditUnavailable} when the tokens cannot be recorded.
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
    const issued = (await this.#issue(caller, drafts.filter(isDraft))).values();
    return drafts.map((each) => {
      if (!isDraft(each)) return each;
      const { token, refused } = issued.next().value as Issued;
      return refused ? this.#refusal(caller, sessionId, inadmissibleError(refused)) : token;
    });
  }

  /**
   * What each token grants, in order, and whether a client could connect with it now. An invalid token is a result, not an error. One
   * query looks for revoked ones.
   *
   * @throws {DatabaseUnavailable} when it is unknown which are revoked
   */
  async inspectMany(caller: Caller, tokens: readonly string[]): Promise<TokenInspection[]> {
    const { signing, ledger, shares, now } = this.#parts;
    const at = now();
    const inspections = tokens.map((token) => signing.inspect(token, at));
    const ids = inspections.flatMap(({ status, id }) =>
      status === TokenStatus.ACTIVE && id !== null && isStorable(id) ? [id] : [],
    );
    if (ids.length === 0) return inspections;
    const revoked = await shares.query(caller.id, () => ledger.revoked(ids));
    return inspections.map((each) => asRevoked(each, revoked));
  }

  #checkSession(caller: Caller, sessionId: string): Promise<void> {
    const { signing, sessions, shares } = this.#parts;
    const { applicationId } = signing;
    return checkUsable({ applicationId, sessions, shares }, caller, sessionId);
  }

  #draftOrRefuse(caller: Caller, sessionId: string, input: TokenInput, issuedAt: Date): Draft | TokenRefusal {
    try {
      checkRole(caller, roleOf(input));
      return this.#draft(caller, sessionId, input, issuedAt);
    } catch (error) {
      if (!(error instanceof StagepassError)) throw error;
      return this.#refusal(caller, sessionId, error);
    }
  }

  #refusal(caller: Caller, sessionId: string, error: StagepassError): TokenRefusal {
    noteRefusal(this.#parts.audit, actorOf(caller), error.extensions, error.message, sessionId);
    return tokenRefusalOf(error);
  }

  /** Checks the rest of the input and drafts the token, once the role and the session are allowed. */
  #draft(caller: Caller, sessionId: string, given: TokenInput, issuedAt: Date): Draft {
    const { signing, ledger } = this.#parts;
    const identity = boundIdentity(caller, identityOf(given));
    const data = boundData(caller, given.data ?? null);
    // A copy takes as long as the checks.
    const input = data === given.data ? given : { ...given, data };
    const grant = grantFor(sessionId, input, issuedAt, caller.permissions.maxLifetime);
    const { role, createTime, expireTime } = grant;
    checkLifetime(caller, expireTime - createTime);
    const format = formatOf(given);
    signing.checkFormat(format);
    const expiresAt = new Date(expireTime * 1000);
    return {
      grant,
      record: {
        id: newTokenId(issuedAt, randomUUID()),
        sessionId,
        role,
        format,
        issuedTo: caller.subject,
        issuedAt,
        expiresAt,
        identity,
        revokedAt: null,
        fingerprint: ledger.isKept ? signing.fingerprint(sessionId, grant.data) : null,
      },
    };
  }

  /** Signs and records concurrently, because one needs the processor and the other the disk. Resolves when both are done. */
  async #issue(caller: Caller, drafts: readonly Draft[]): Promise<Issued[]> {
    const [tokens, refused] = await Promise.all([
      this.#signInTurns(caller, drafts),
      this.#record(caller, drafts),
    ]);
    return tokens.map((token) => ({ token, refused: refused.get(token.id) }));
  }

  async #record(caller: Caller, drafts: readonly Draft[]): Promise<ReadonlyMap<string, Inadmissible>> {
    const records = drafts.map(({ record }) => record);
    const refused = await this.#parts.ledger.record(records);
    const issued = records.filter(({ id }) => !refused.has(id));
    if (issued.length > 0 || records.length === 0) await this.#parts.audit.tokensIssued(caller, issued);
    return refused;
  }

  async #signInTurns({ id }: Caller, drafts: readonly Draft[]): Promise<ConnectionToken[]> {
    const { signing, shares } = this.#parts;
    const sign = async (portion: readonly Draft[]) => {
      const texts = await Promise.all(
        portion.map(({ grant, record }) => signing.sign(grant, record.id, record.format)),
      );
      return portion.map((draft, i) => this.#signed(draft, texts[i] ?? ""));
    };
    // A single token is signed in the turn of its request.
    if (drafts.length === 1) return sign(drafts);
    const tokens: ConnectionToken[] = [];
    for (let start = 0; start < drafts.length; start += PER_TURN) {
      await shares.turn(id);
      tokens.push(...(await sign(drafts.slice(start, start + PER_TURN))));
    }
    return tokens;
  }

  #signed({ grant, record: { id, format, identity, expiresAt } }: Draft, token: string): ConnectionToken {
    const { sessionId, role, data, initialLayoutClassList, createTime, expireTime } = grant;
    // Listed one by one: spreading the grant costs as much as the signature.
    return {
      sessionId,
      role,
      data,
      initialLayoutClassList,
      createTime,
      expireTime,
      token,
      id,
      format,
      applicationId: this.#parts.signing.applicationId,
      identity,
      createdAt: new Date(createTime * 1000),
      expiresAt,
    };
  }
}
