import type { Caller } from "../access/caller.ts";
import { listableSessions } from "../access/policy.ts";
import { type Ban, type BanFilter, checkUntil } from "../domain/ban.ts";
import { identityOf } from "../domain/connection-token.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import { isEmpty } from "../domain/session-selection.ts";
import { checkStorable, isStorable } from "../domain/text.ts";
import { BadUserInput } from "../errors.ts";
import type { Bans, IssuanceLedger } from "../store/store.ts";
import { type FilteredList, lookThrough } from "./look-through.ts";
import { checkActs, checkEverywhere, checkLedger, checkManagesIn, type ManagedParts } from "./managed.ts";
import { OneByOne } from "./one-by-one.ts";
import { BY_POSITION, type Page, type PageInput, pageOf, readingOf } from "./page.ts";
import { usableSessions } from "./usable-sessions.ts";

/** The dependencies of `BanService`. */
export interface BanParts extends ManagedParts {
  readonly bans: Bans;
  readonly ledger: IssuanceLedger;
  /** Called when removals may be due. */
  readonly onRemovals: () => void;
}

/** Keeps people out of sessions: by bans, and by revoking tokens. */
export class BanService {
  readonly #parts: BanParts;
  /** A page may read 1000 bans to show one. */
  readonly #looking = new OneByOne();

  constructor(parts: BanParts) {
    this.#parts = parts;
  }

  /**
   * Bans an identity from a session, or from all sessions for null. Then no token is issued to it, and its participants are removed.
   *
   * @throws {RateLimited} when the caller exceeds its quota
   * @throws {BadUserInput} naming `identity` or `until`
   * @throws {SessionNotFound} when the session's ID is malformed or another project's
   * @throws {Forbidden} when the caller may not use the session, or every session for null
   * @throws {LedgerOff} when this server keeps no ledger
   */
  async ban(
    caller: Caller,
    ban: { readonly identity: string; readonly sessionId: string | null; readonly until: Date | null },
  ): Promise<Ban> {
    const { bans, audit, quota, shares, now, onRemovals } = this.#parts;
    const { sessionId } = ban;
    if (sessionId !== null) await checkActs(this.#parts, caller, sessionId);
    else {
      await quota.take(caller, 1);
      await checkEverywhere(caller);
    }
    checkLedger(this.#parts);
    const identity = identityOf(ban);
    const until = checkUntil(ban.until, now());
    const added = await shares.query(caller.id, () =>
      bans.add({ identity, fingerprint: null, sessionId, until, createdBy: caller.subject }),
    );
    onRemovals();
    await audit.acted(caller, "ban.created", ofBan(added));
    return added;
  }

  /**
   * Lifts a ban. Issued tokens that are not revoked work again.
   *
   * @throws {RateLimited} when the caller exceeds its quota
   * @throws {BadUserInput} naming `id` if it is unknown or forbidden
   * @throws {LedgerOff} when this server keeps no ledger
   */
  async lift(caller: Caller, id: string): Promise<Ban> {
    const { bans, audit, quota, shares } = this.#parts;
    await quota.take(caller, 1);
    checkLedger(this.#parts);
    const [known] = await this.findMany(caller, [id]);
    if (!known) throw unknownBan();
    if (known.sessionId === null) await checkEverywhere(caller);
    else await checkManagesIn(this.#parts, caller, known.sessionId);
    const lifted = await shares.query(caller.id, () => bans.lift(id));
    if (!lifted) throw unknownBan();
    await audit.acted(caller, "ban.lifted", ofBan(lifted));
    return lifted;
  }

  /**
   * Revokes a token for good. Clients that joined with it are removed, and so are clients that join with it later.
   *
   * @throws {RateLimited} when the caller exceeds its quota
   * @throws {BadUserInput} naming `id` if no such token was issued here for a session that the caller may use
   * @throws {LedgerOff} when this server keeps no ledger
   */
  async revokeToken(caller: Caller, id: string): Promise<IssuedToken> {
    const { ledger, audit, quota, shares, onRemovals } = this.#parts;
    await quota.take(caller, 1);
    checkLedger(this.#parts);
    const [known] = isStorable(id) ? await shares.query(caller.id, () => ledger.findMany([id])) : [];
    const usable = await usableSessions(this.#parts, caller, known ? [known.sessionId] : []);
    if (!known || !usable.has(known.sessionId)) throw unknownToken();
    await checkManagesIn(this.#parts, caller, known.sessionId);
    const revoked = await shares.query(caller.id, () => ledger.revoke(id));
    if (!revoked) throw unknownToken();
    onRemovals();
    const { sessionId, identity } = revoked;
    await audit.acted(caller, "token.revoked", { sessionId, jti: id, identity });
    return revoked;
  }

  /**
   * The bans of the sessions that the caller may use, newest first. Bans of all sessions need a caller that may use every session.
   *
   * @throws {BadUserInput} naming `first`, `after` or the condition of the filter
   */
  async list(caller: Caller, page: PageInput, filter: BanFilter): Promise<Page<Ban>> {
    const { bans, shares } = this.#parts;
    const { identity, sessionId } = filter;
    if (identity != null) checkStorable("identity", identity);
    if (sessionId != null) checkStorable("sessionId", sessionId);
    const reading = readingOf(page, BY_POSITION);
    // The length of its pages would reveal the bans of a session that the caller may not use.
    const isForbidden =
      isEmpty(listableSessions(caller)) ||
      (sessionId != null && (await usableSessions(this.#parts, caller, [sessionId])).size === 0);
    if (isForbidden) return pageOf(reading, [], BY_POSITION);
    const list: FilteredList<Ban, number> = {
      async read(limit, after) {
        const found = await shares.query(caller.id, () => bans.list(filter, limit, after));
        return found.map(({ position, ban }) => ({ place: position, node: ban }));
      },
      shown: (rows) => this.#shown(caller, rows, ({ node }) => node.sessionId),
      walks: 1,
    };
    return this.#looking.do(caller.id, () => lookThrough(reading, BY_POSITION, list));
  }

  /** The bans with these IDs, in order, in one query; null for an unknown or forbidden one. */
  async findMany(caller: Caller, ids: readonly string[]): Promise<(Ban | null)[]> {
    const { bans, shares } = this.#parts;
    const known = ids.filter(isStorable);
    const found = known.length > 0 ? await shares.query(caller.id, () => bans.findMany(known)) : [];
    const shown = await this.#shown(caller, found, ({ sessionId }) => sessionId);
    const byId = new Map(shown.map((ban) => [ban.id, ban]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** The items whose session the caller may use. */
  async #shown<T>(
    caller: Caller,
    all: readonly T[],
    sessionOf: (each: T) => string | null,
  ): Promise<readonly T[]> {
    const sessionIds = all.map(sessionOf).filter((id) => id !== null);
    const usable = await usableSessions(this.#parts, caller, sessionIds);
    const mayUseAll = listableSessions(caller).all;
    return all.filter((each) => {
      const sessionId = sessionOf(each);
      return sessionId === null ? mayUseAll : usable.has(sessionId);
    });
  }
}

/** The facts of a ban for the audit trail. */
export function ofBan({ id, identity, sessionId, until }: Ban) {
  return { ban: id, identity, sessionId, until: until?.toISOString() ?? null };
}

function unknownBan(): BadUserInput {
  return new BadUserInput("id", "id must be the ID of a ban of sessions that the caller may use");
}

function unknownToken(): BadUserInput {
  return new BadUserInput(
    "id",
    "id must be the ID of a token that this server issued, for a session that the caller may use",
  );
}
