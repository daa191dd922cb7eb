import { BadUserInput } from "../errors.ts";

/** A rule that keeps somebody out of one session or of all sessions. */
export interface Ban {
  /** The node ID; begins with `b_`. */
  readonly id: string;
  /** The identity that it keeps out; null if it keeps out tokens with certain connection data. */
  readonly identity: string | null;
  /** The session; null for all sessions. A ban without identity has a session. */
  readonly sessionId: string | null;
  /** When it ends by itself; null for never. */
  readonly until: Date | null;
  readonly createdAt: Date;
  /** The caller: the subject of its JWT, or the name of its API key. */
  readonly createdBy: string;
  /** When it was lifted; null if it was not. */
  readonly liftedAt: Date | null;
  /** Whether it keeps anybody out now, by the database's clock. */
  readonly isActive: boolean;
}

/** A ban to add. Exactly one of `identity` and `fingerprint` is not null; with a fingerprint, `sessionId` is not null either. */
export interface NewBan {
  readonly identity: string | null;
  /** The fingerprint of the connection data of the tokens that it keeps out. */
  readonly fingerprint: string | null;
  readonly sessionId: string | null;
  readonly until: Date | null;
  readonly createdBy: string;
}

/** The conditions of a list of bans; absent and null ones match everything. */
export interface BanFilter {
  readonly identity?: string | null;
  /** Bans of this session alone, without those of all sessions. */
  readonly sessionId?: string | null;
  /** Whether only bans that keep somebody out now match. */
  readonly active?: boolean | null;
}

const PREFIX = "b_";

/** The node ID of a new ban. @param random a UUID */
export function banId(random: string): string {
  return `${PREFIX}${random}`;
}

/** Whether a node ID can only be that of a ban. */
export function beginsAsBanId(id: string): boolean {
  return id.startsWith(PREFIX);
}

/**
 * Checks the end of a ban.
 *
 * @throws {BadUserInput} naming `argument` if it is not in the future
 */
export function checkUntil(until: Date | null, now: Date, argument = "until"): Date | null {
  if (until !== null && until <= now)
    throw new BadUserInput(argument, `${argument} must be in the future; leave it out for a ban without end`);
  return until;
}
