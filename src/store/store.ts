import type { IssuanceInterval, IssuanceTally } from "../domain/issuance.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import type { IssuedTokenFilter } from "../domain/issued-token-filter.ts";
import type { Run } from "../domain/retention.ts";
import type { Session } from "../domain/session.ts";
import type { NarrowedSelection } from "../domain/session-selection.ts";
import type { TimeRange } from "../domain/time-range.ts";

/** A session with its place in the order of creation, which never changes. */
export interface RegisteredSession {
  readonly position: number;
  readonly session: Session;
}

/** The place of a session in a list. Its name counts only where the list is ordered by name. */
export interface SessionPlace {
  readonly name: string | null;
  readonly position: number;
}

/** The place of a row in a list in the order of time, newest first: its instant, in epoch milliseconds, and its position. */
export interface TimePlace {
  readonly time: number;
  readonly position: number;
}

/** What a count found: how many rows it looked at, and how many of them count. */
export interface Counted {
  readonly looked: number;
  readonly count: number;
}

/** The sessions created here. */
export interface SessionRegistry {
  /** Registers a session, durably. */
  add(session: Session): Promise<void>;

  /** Those of the sessions that are registered, in any order, in one query. */
  findMany(sessionIds: readonly string[]): Promise<Session[]>;

  /**
   * At most `limit` of the project's selected sessions that come after `after`, or from the first on when it is null. They are in
   * the order of creation, newest first; those of `isByName` are ordered by name instead, sessions without one first, and newest
   * first within a name.
   */
  list(
    applicationId: string,
    selection: NarrowedSelection,
    limit: number,
    after: SessionPlace | null,
  ): Promise<RegisteredSession[]>;

  /** At most `limit` of the project's sessions that were created in a range, the latest first, from a place on as above. */
  listCreated(
    applicationId: string,
    range: TimeRange,
    limit: number,
    after: TimePlace | null,
  ): Promise<RegisteredSession[]>;

  /**
   * How many of the project's selected sessions were created in a range. It looks at `limit` of them at most; a range without a
   * selection of names or IDs bounds what it looks at, too.
   */
  count(
    applicationId: string,
    selection: NarrowedSelection,
    range: TimeRange,
    limit: number,
  ): Promise<Counted>;
}

/** What is known of a name. */
export interface NameState {
  /** The ID of the session that was last assigned; null when none ever was. */
  readonly assigned: string | null;
  /**
   * The session that it stands for, and for how long it has, in milliseconds by the database's clock, which all servers
   * share; null while there is none.
   */
  readonly current: { readonly session: Session; readonly age: number } | null;
  /** Whether somebody is creating the next one. */
  readonly leased: boolean;
}

/** The names of sessions. A name stands for one session at a time, which whoever holds the name's lease replaces. */
export interface SessionNames {
  find(applicationId: string, name: string): Promise<NameState>;

  /** The sessions that the names map to, in any order, in one query; none for a name that maps to none. */
  findMany(applicationId: string, names: readonly string[]): Promise<Session[]>;

  /**
   * Takes the lease of a name, unless somebody holds it, or the name no longer stands for `seen`: a session's ID, or null
   * for none. It ends by itself after `duration` milliseconds, so that nobody waits for ever for one who died. Also clears
   * some names that stand for no session and whose lease has ended.
   *
   * @returns the lease's ID, or null when it is not to be had
   */
  lease(applicationId: string, name: string, seen: string | null, duration: number): Promise<string | null>;

  /** Registers a session as what its name stands for, durably, and ends the lease; false when that was lost to another. */
  assign(leaseId: string, session: Session & { readonly name: string }): Promise<boolean>;

  /** Gives a lease back, so that the next one need not wait; nothing stays of a name that stands for no session. */
  release(applicationId: string, name: string, leaseId: string): Promise<void>;
}

/** A record of the ledger with its place in the order of issuance, which never changes. */
export interface RecordedToken {
  readonly position: number;
  readonly issued: IssuedToken;
}

/** Which records a walk along an index of the ledger reads. */
export type LedgerWalk =
  /** Those with an ID, or of sessions, of which none is given twice and 100 at most: in the order of issuance, newest first. */
  | { readonly id: string }
  | { readonly sessionIds: readonly string[] }
  /** Those of a range of time, of one caller or of all: the latest first. */
  | { readonly issuedTo: string | null; readonly range: TimeRange };

/** How many records of one session a count found. */
export interface CountedOfSession extends Counted {
  readonly sessionId: string;
}

/** How many records of one session there are, of a period and a role. */
export interface SessionTally extends IssuanceTally {
  readonly sessionId: string;
}

/** The ledger of the tokens that were issued. */
export interface IssuanceLedger {
  /**
   * Records tokens in the order of issuance, all of them or none, and resolves when the records are durable.
   *
   * @throws {LedgerUnavailable} within two seconds, when they cannot be recorded
   */
  record(issued: readonly IssuedToken[]): Promise<void>;

  /**
   * At most `limit` of the records of each of the sessions, newest first, from those before `position` in the order of
   * issuance, or from the newest when it is null; in one query. No session is given twice, and 100 at most.
   */
  newest(sessionIds: readonly string[], limit: number, position: number | null): Promise<RecordedToken[]>;

  /** The records with these IDs, in any order, in one query. */
  findMany(ids: readonly string[]): Promise<IssuedToken[]>;

  /** At most `limit` of the records of a walk that come after a place, or from the newest on when it is null; in one query. */
  list(walk: LedgerWalk, limit: number, after: TimePlace | null): Promise<RecordedToken[]>;

  /** Looks at no more than `limit` records of a walk, and counts those that a filter leaves, for each session. */
  countWalk(walk: LedgerWalk, filter: IssuedTokenFilter, limit: number): Promise<CountedOfSession[]>;

  /** How many records each of the sessions has, in their order; at most `limit` are counted. In one query, as above. */
  count(sessionIds: readonly string[], limit: number): Promise<number[]>;

  /**
   * Looks through at most `limit` records from before `position` back in the order of issuance, from the newest when it is
   * null, and counts them by the period of their issuance, by role and by session.
   *
   * @returns the counts, and where they end: the position of the last that was looked at, and the period of the latest issuance
   *   among them; null when there was none
   */
  tally(
    interval: IssuanceInterval,
    limit: number,
    position: number | null,
  ): Promise<{
    readonly tallies: readonly SessionTally[];
    readonly end: { readonly position: number; readonly latest: number } | null;
  }>;

  /**
   * Looks through at most `limit` records from `position` on in the order of issuance, from the oldest when it is null,
   * and forgets those of before `instant`.
   *
   * @returns how many were forgotten, and the position of the last that was looked at; null when there was none
   */
  purge(
    instant: Date,
    limit: number,
    position: number | null,
  ): Promise<{ readonly forgotten: number; readonly last: number | null }>;

  /**
   * Resolves while records can be written: what the latest commits say counts, and where there were none, a trial, twice a second at
   * most.
   *
   * @throws {LedgerUnavailable} with the cause, when they cannot
   */
  check(): Promise<void>;
}

/** What is kept of an API key, which is not the key. */
export interface ApiKey {
  /** The part of the key that may be seen. */
  readonly id: string;
  /** Unique among the keys that are not revoked. */
  readonly name: string;
  /** The SHA-256 of the key, in hexadecimal. */
  readonly digest: string;
  /** What it grants, as a JWT would claim it. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
  /** Null, or absent, for a key that does not expire. */
  readonly expiresAt?: Date | null;
}

/** An API key as it is now, by the database's clock. */
export interface StoredApiKey extends ApiKey {
  readonly expiresAt: Date | null;
  readonly isExpired: boolean;
  /** The beginning of the hour of its last use; null while it was never used. */
  readonly lastUsedAt: Date | null;
  readonly isUsedThisHour: boolean;
}

/** The API keys of callers. */
export interface ApiKeys {
  /** Adds a key, durably; false when one of its name is there and not revoked. */
  add(apiKey: ApiKey): Promise<boolean>;

  /** The key with this ID, revoked or expired or not. */
  find(id: string): Promise<StoredApiKey | null>;

  /** Whether there is, or ever was, a key. */
  any(): Promise<boolean>;

  /** The IDs of all keys, revoked or not, in one query. */
  ids(): Promise<string[]>;

  /** All of them, the oldest first. */
  list(): Promise<StoredApiKey[]>;

  /** Notes that the key with this ID is used in this hour. */
  use(id: string): Promise<void>;

  /** Revokes the key with this ID or name, for ever. Resolves to its ID; null when there is none that is not revoked. */
  revoke(idOrName: string, revokedAt: Date): Promise<string | null>;
}

/** When servers ran, and what time it is, by the database's clock, in epoch milliseconds. */
export interface ServerRuns {
  clock(): Promise<number>;

  /**
   * Notes, durably, that a server runs.
   *
   * @returns when that was, when the oldest and the newest record of the ledger were issued, null when there is none, and all
   *   runs in ascending order
   */
  note(): Promise<{
    readonly now: number;
    readonly oldest: number | null;
    readonly newest: number | null;
    readonly runs: readonly Run[];
  }>;
}

/** What runs the queries of rate-limiter-flexible's limiter for PostgreSQL. */
export interface LimiterClient {
  /** The name of its table. */
  readonly table: string;

  /** @throws {DatabaseUnavailable} within half a second, and then at once for a second */
  query(query: {
    readonly text: string;
    readonly values: readonly unknown[];
  }): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
}

/** What outlives the process. */
export interface Store {
  readonly sessions: SessionRegistry;
  readonly names: SessionNames;
  readonly ledger: IssuanceLedger;
  readonly apiKeys: ApiKeys;
  /** For PostgreSQL alone. */
  readonly limiterClient: LimiterClient;
  readonly runs: ServerRuns;

  /** Resolves when the store answers, and rejects when it does not. */
  ping(): Promise<void>;

  /** Gives the database back, whole in its file. */
  close(): Promise<void>;
}
