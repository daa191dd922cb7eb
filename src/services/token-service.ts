import { randomUUID } from "node:crypto";
import type { Caller } from "../access/caller.ts";
import { checkLifetime, checkRole, checkSession, needsSessionName } from "../access/policy.ts";
import type { TokenQuota } from "../access/token-quota.ts";
import { type ConnectionToken, TokenFormat } from "../domain/connection-token.ts";
import { DEFAULT_ROLE, type GrantInput, grantFor } from "../domain/grant.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import type { Session } from "../domain/session.ts";
import { parseSessionId } from "../domain/session-id.ts";
import type { TokenInspection } from "../domain/token-inspection.ts";
import { SessionNotFound } from "../errors.ts";
import type { SigningService } from "../signing/signing-service.ts";
import type { IssuanceLedger, SessionRegistry } from "../store/store.ts";
import { type Page, type PageInput, pageOf } from "./page.ts";

/** What a caller asks for a token; what is absent or null gets its default. */
export interface TokenInput extends GrantInput {
  readonly format?: TokenFormat | null;
}

/** What a caller can ask about tokens. */
export class TokenService {
  readonly #signing: SigningService;
  readonly #registry: SessionRegistry;
  readonly #ledger: IssuanceLedger;
  readonly #quota: TokenQuota;
  readonly #now: () => Date;

  constructor(
    signing: SigningService,
    registry: SessionRegistry,
    ledger: IssuanceLedger,
    quota: TokenQuota,
    now: () => Date,
  ) {
    this.#signing = signing;
    this.#registry = registry;
    this.#ledger = ledger;
    this.#quota = quota;
    this.#now = now;
  }

  /**
   * Generates a token for a session of this project, also one that was created elsewhere in it. It is on the ledger,
   * durably, before anybody gets it.
   *
   * @throws {RateLimited} when the caller has asked for too many
   * @throws {SessionNotFound} when the ID is malformed or another project's
   * @throws {Forbidden} when the caller may not grant this
   * @throws {BadUserInput} naming the argument that breaks a rule
   * @throws {LedgerUnavailable} when it cannot be recorded
   */
  async generate(caller: Caller, sessionId: string, input: TokenInput): Promise<ConnectionToken> {
    await this.#quota.take(caller, 1);
    checkRole(caller, input.role ?? DEFAULT_ROLE);
    this.#checkOwner(sessionId);
    checkSession(caller, sessionId, await this.#nameFor(caller, sessionId));
    const issuedAt = this.#now();
    const grant = grantFor(sessionId, input, issuedAt, caller.grant.maxLifetime);
    checkLifetime(caller, grant.expireTime - grant.createTime);
    const format = input.format ?? TokenFormat.JWT;
    const id = randomUUID();
    const token = await this.#signing.sign(grant, id, format);
    const { role, data, initialLayoutClassList, createTime, expireTime } = grant;
    const expiresAt = new Date(expireTime * 1000);
    await this.#ledger.record({ id, sessionId, role, format, issuedTo: caller.subject, issuedAt, expiresAt });
    // Named one by one: spreading the grant and adding to it costs as much as the signature.
    return {
      sessionId,
      role,
      data,
      initialLayoutClassList,
      createTime,
      expireTime,
      token,
      format,
      applicationId: this.#signing.applicationId,
      createdAt: new Date(createTime * 1000),
      expiresAt,
    };
  }

  /**
   * The records of the tokens that were issued for a session, newest first.
   *
   * @throws {Forbidden} when the caller may not use the session
   * @throws {BadUserInput} naming `first` or `after`
   */
  issued(caller: Caller, { sessionId, name }: Session, page: PageInput): Promise<Page<IssuedToken>> {
    checkSession(caller, sessionId, name);
    return pageOf(page, async (limit, position) => {
      const found = await this.#ledger.newest(sessionId, limit, position);
      return found.map(({ position, issued }) => ({ position, node: issued }));
    });
  }

  /** What a token grants, and whether a client could connect with it now. Nothing in a token is an error. */
  inspect(token: string): TokenInspection {
    return this.#signing.inspect(token, this.#now());
  }

  /** The name of a session, looked up only when the decision needs it. */
  async #nameFor(caller: Caller, sessionId: string): Promise<string | null> {
    if (!needsSessionName(caller, sessionId)) return null;
    const [session] = await this.#registry.findMany([sessionId]);
    return session?.name ?? null;
  }

  #checkOwner(sessionId: string): void {
    const { applicationId } = this.#signing;
    const owner = parseSessionId(sessionId)?.owner;
    if (owner === applicationId) return;
    throw new SessionNotFound(
      owner === undefined
        ? "sessionId is malformed; it must be exactly as createSession returned it"
        : `sessionId is of another project than this server's, ${applicationId}`,
    );
  }
}
