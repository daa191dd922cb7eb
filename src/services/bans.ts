import type { Caller } from "../access/caller.ts";
import type { Ban, BanFilter } from "../domain/ban.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import type { Bans, IssuanceLedger } from "../store/store.ts";
import type { ManagedParts } from "./managed.ts";
import type { Page, PageInput } from "./page.ts";

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

  constructor(parts: BanParts) {
    this.#parts = parts;
  }

  /**
   * Bans an identity from a session, or from all sessions for null. Then no token is issued to it, and its participants are removed.
   *
   * @throws {BadUserInput} naming `identity` or `until`
   * @throws {Forbidden} when the caller may not use the session, or every session for null
   * @throws {LedgerUnavailable} when this server keeps no ledger
   */
  async ban(
    _caller: Caller,
    _ban: { readonly identity: string; readonly sessionId: string | null; readonly until: Date | null },
  ): Promise<Ban> {
    throw new Error(`to do ${this.#parts}`);
  }

  /** Lifts a ban. Issued tokens that are not revoked work again. @throws {BadUserInput} naming `id` if it is unknown or forbidden */
  async lift(_caller: Caller, _id: string): Promise<Ban> {
    throw new Error("to do");
  }

  /**
   * Revokes a token for good. Whoever is in the session with it is removed, and so is whoever joins with it.
   *
   * @throws {BadUserInput} naming `id` if no such token was issued here for a session that the caller may use
   */
  async revokeToken(_caller: Caller, _id: string): Promise<IssuedToken> {
    throw new Error("to do");
  }

  /** The bans of the sessions that the caller may use, newest first; those of all sessions only for a caller that may use every session. */
  async list(_caller: Caller, _page: PageInput, _filter: BanFilter): Promise<Page<Ban>> {
    throw new Error("to do");
  }

  /** The bans with these IDs, in order, in one query; null for an unknown or forbidden one. */
  async findMany(_caller: Caller, _ids: readonly string[]): Promise<(Ban | null)[]> {
    throw new Error("to do");
  }
}
