import type { Inadmissible } from "../domain/admission.ts";
import type { Ban, BanFilter, NewBan } from "../domain/ban.ts";
import type { IssuanceInterval, IssuanceTally } from "../domain/issuance.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import type { IssuedTokenFilter } from "../domain/issued-token-filter.ts";
import type { Leave, Observation } from "../domain/observation.ts";
import type { Participant, ParticipantStream } from "../domain/participant.ts";
import type { Removal } from "../domain/removal.ts";
import type { Run } from "../domain/retention.ts";
import type { Session } from "../domain/session.ts";
import type { NarrowedSelection } from "../domain/session-selection.ts";
import type { TimeRange } from "../domain/time-range.ts";

/** A session and its position in the order of creation, which never changes. */
export interface RegisteredSession {
  readonly position: number;
  readonly session: Session;
}

/** The place of a session in a list. The name matters only in lists ordered by name. */
export interface SessionPlace {
  readonly name: string | null;
  readonly position: number;
}

/** The place of a row in a list ordered by time, newest first: the time in epoch milliseconds, and the position. */
export interface TimePlace {
  readonly time: number;
  readonly position: number;
}

/** The result of a count: how many rows it read, and how many of them match. */
export interface Counted {
  readonly looked: number;
  readonly count: number;
}

/** The sessions that Stagepass created. */
export interface SessionRegistry {
  /** Registers a session, durably. */
  add(session: Session): Promise<void>;

  /** Sets the most participants of a session, durably; null for no limit. False if the session was not created here. */
  limit(sessionId: string, maxParticipants: number | null): Promise<boolean>;

  /** The registered sessions with these IDs, in any order, in one query. */
  findMany(sessionIds: readonly string[]): Promise<Session[]>;

  /**
   * Lists at most `limit` of the project's selected sessions, newest first. Starts after `after`, or at the beginning if it is
   * null. A selection for which `isByName` is true is ordered by name instead. Sessions without a name come first then, and
   * newer sessions before older ones of the same name.
   */
  list(
    applicationId: string,
    selection: NarrowedSelection,
    limit: number,
    after: SessionPlace | null,
  ): Promise<RegisteredSession[]>;

  /** Lists at most `limit` of the project's sessions created in a range, latest first. Starts as `list` does. */
  listCreated(
    applicationId: string,
    range: TimeRange,
    limit: number,
    after: TimePlace | null,
  ): Promise<RegisteredSession[]>;

  /**
   * Counts the project's selected sessions that were created in a range. Reads at most `limit` sessions; if all sessions are
   * selected, it reads only those in the range.
   */
  count(
    applicationId: string,
    selection: NarrowedSelection,
    range: TimeRange,
    limit: number,
  ): Promise<Counted>;
}

/** The state of a session name. */
export interface NameState {
  /** The ID of the session last assigned to the name; null if there was none. */
  readonly assigned: string | null;
  /**
   * The session that the name maps to, and for how long, in milliseconds by the database's clock, which all replicas share.
   * Null if the name maps to no session.
   */
  readonly current: { readonly session: Session; readonly age: number } | null;
  /** Whether a replica holds the lease, which means that it is creating the next session. */
  readonly leased: boolean;
}

/** Session names. A name maps to one session at a time. Only the holder of the name's lease replaces that session. */
export interface SessionNames {
  find(applicationId: string, name: string): Promise<NameState>;

  /** The sessions that the names map to, in any order, in one query. Names without a session are left out. */
  findMany(applicationId: string, names: readonly string[]): Promise<Session[]>;

  /**
   * Takes a name's lease, if it is free and the name still maps to the session `seen`; null for no session.
   * The lease expires after `duration` milliseconds, in case its holder crashes. Also deletes some names that map to no
   * session and whose lease has expired.
   *
   * @returns the lease's ID, or null if the lease cannot be taken
   */
  lease(applicationId: string, name: string, seen: string | null, duration: number): Promise<string | null>;

  /** Registers a session durably, maps its name to it and ends the lease. False if the lease was lost. */
  assign(leaseId: string, session: Session & { readonly name: string }): Promise<boolean>;

  /** Ends a lease early, so that the next caller need not wait. Deletes the name if it maps to no session. */
  release(applicationId: string, name: string, leaseId: string): Promise<void>;
}

/** A record of the ledger and its position in the order of issuance, which never changes. */
export interface RecordedToken {
  readonly position: number;
  readonly issued: IssuedToken;
}

/** The records that a query reads along one index of the ledger. */
export type LedgerWalk =
  /** Records with an ID, or of at most 100 distinct sessions: in the order of issuance, newest first. */
  | { readonly id: string }
  | { readonly sessionIds: readonly string[] }
  /** Records in a range of time, of one caller or, for null, of all callers: latest first. */
  | { readonly issuedTo: string | null; readonly range: TimeRange };

/** How many records of one session a count read, and how many of them match. */
export interface CountedOfSession extends Counted {
  readonly sessionId: string;
}

/** The number of records of one session, period and role. */
export interface SessionTally extends IssuanceTally {
  readonly sessionId: string;
}

/** The ledger of issued tokens. */
export interface IssuanceLedger {
  /** Whether it stores records. Without, it only has earlier ones. */
  readonly isKept: boolean;

  /**
   * Records the tokens, in the order of issuance, except those that a ban or a full session excludes. Resolves when the records are
   * durable. Once `Bans.add` has resolved, no server records a token that the ban excludes.
   *
   * @returns why some were not recorded, by the ID of the token
   * @throws {LedgerUnavailable} within two seconds, if they cannot be recorded; then none is
   */
  record(issued: readonly IssuedToken[]): Promise<ReadonlyMap<string, Inadmissible>>;

  /**
   * Revokes a token, durably, and requests the removal of participants that can only have joined with revoked tokens.
   *
   * @returns its record; null if it is unknown
   */
  revoke(id: string): Promise<IssuedToken | null>;

  /** Those of these IDs whose tokens are revoked, in one query. */
  revoked(ids: readonly string[]): Promise<ReadonlySet<string>>;

  /**
   * At most `limit` records of each session, newest first, in one query. They come before `position` in the order of issuance;
   * null starts at the newest. Takes at most 100 distinct sessions.
   */
  newest(sessionIds: readonly string[], limit: number, position: number | null): Promise<RecordedToken[]>;

  /** The records with these IDs, in any order, in one query. */
  findMany(ids: readonly string[]): Promise<IssuedToken[]>;

  /** At most `limit` records of a walk, in one query. Starts after `after`, or at the newest if it is null. */
  list(walk: LedgerWalk, limit: number, after: TimePlace | null): Promise<RecordedToken[]>;

  /**
   * Reads at most `limit` records of a walk, and counts those that match a filter, for each session.
   *
   * @param alike counts sessions together whose IDs begin with this many equal characters, and names one of them; null for none
   */
  countWalk(
    walk: LedgerWalk,
    filter: IssuedTokenFilter,
    limit: number,
    alike: number | null,
  ): Promise<CountedOfSession[]>;

  /** The number of records of each session, in the order given, counted up to `limit`. One query, for at most 100 sessions. */
  count(sessionIds: readonly string[], limit: number): Promise<number[]>;

  /**
   * Counts at most `limit` records by period of issuance, role and session. Reads backwards in the order of issuance, from
   * before `position`, or from the newest if it is null.
   *
   * @param alike as for `countWalk`
   * @returns the counts, the position of the last record read and the latest period; `end` is null if no record was read
   */
  tally(
    interval: IssuanceInterval,
    limit: number,
    position: number | null,
    alike: number | null,
  ): Promise<{
    readonly tallies: readonly SessionTally[];
    readonly end: { readonly position: number; readonly latest: number } | null;
  }>;

  /**
   * Deletes records issued before `instant`. Reads at most `limit` records in the order of issuance, after `position`, or from
   * the oldest if it is null.
   *
   * @returns how many were deleted, and the position of the last record read; `last` is null if no record was read
   */
  purge(
    instant: Date,
    limit: number,
    position: number | null,
  ): Promise<{ readonly forgotten: number; readonly last: number | null }>;

  /**
   * Resolves while records can be written. Recent commits decide; without any, a trial write does, at most twice a second.
   *
   * @throws {LedgerUnavailable} with the cause, if records cannot be written
   */
  check(): Promise<void>;
}

/** The stored part of an API key. The key itself is not stored. */
export interface ApiKey {
  /** The public part of the key. */
  readonly id: string;
  /** Unique among the keys that are not revoked. */
  readonly name: string;
  /** The SHA-256 of the key, in hexadecimal. */
  readonly digest: string;
  /** The grant of the key, as the claims of a JWT. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
  /** Null, or absent, for a key that does not expire. */
  readonly expiresAt?: Date | null;
}

/** An API key and its present state, by the database's clock. */
export interface StoredApiKey extends ApiKey {
  readonly expiresAt: Date | null;
  readonly isExpired: boolean;
  /** The start of the hour of its last use; null if it was never used. */
  readonly lastUsedAt: Date | null;
  readonly isUsedThisHour: boolean;
}

/** The place of an API key in their list: its creation, in epoch milliseconds, and its ID. */
export interface KeyPlace {
  readonly time: number;
  readonly id: string;
}

/** The API keys of callers. */
export interface ApiKeys {
  /** Those of these IDs whose keys are neither revoked nor expired. */
  usable(ids: readonly string[]): Promise<string[]>;

  /** Adds a key, durably. False if another key with this name is not revoked. */
  add(apiKey: ApiKey): Promise<boolean>;

  /** The key with this ID, even if it is revoked or expired. */
  find(id: string): Promise<StoredApiKey | null>;

  /** Whether any key exists, including revoked ones. */
  any(): Promise<boolean>;

  /** The IDs of all keys, including revoked ones, in one query. */
  ids(): Promise<string[]>;

  /** The key with this name that is not revoked, even if it has expired. */
  findNamed(name: string): Promise<StoredApiKey | null>;

  /** How many keys can be used, or were created since this instant. */
  count(since: Date): Promise<number>;

  /** All keys, oldest first. */
  list(): Promise<StoredApiKey[]>;

  /** At most `limit` keys, newest first, after a place; null starts at the newest. */
  page(limit: number, after: KeyPlace | null): Promise<StoredApiKey[]>;

  /** Records that the key with this ID was used in the current hour. */
  use(id: string): Promise<void>;

  /** Revokes the key with this ID or name, permanently. Resolves to its ID, or to null if no unrevoked key matches. */
  revoke(idOrName: string, revokedAt: Date): Promise<string | null>;
}

/** The times when servers ran, and the current time, in epoch milliseconds by the database's clock. */
export interface ServerRuns {
  clock(): Promise<number>;

  /**
   * Records, durably, that a server is running.
   *
   * @returns the current time, the issue times of the oldest and the newest record, and all runs, oldest first. The
   *   issue times are null for an empty ledger.
   */
  note(): Promise<{
    readonly now: number;
    readonly oldest: number | null;
    readonly newest: number | null;
    readonly runs: readonly Run[];
  }>;
}

/** A participant and its position, which never changes. */
export interface PlacedParticipant {
  readonly position: number;
  readonly participant: Participant;
}

/** An observation, with the fingerprints that the record of its token may have; none if the connection data is unknown. */
export interface Observed {
  readonly seen: Observation;
  readonly fingerprints: readonly string[];
}

/** A participant that is in a session now, and its streams, with instants in epoch milliseconds. */
export interface Present {
  readonly connectionId: string;
  readonly joinedAt: number;
  readonly streams: readonly { readonly id: string; readonly createdAt: number }[];
}

/** The lease of the replica that compares participants with the platform's lists. */
export interface ReconciliationLease {
  /**
   * Takes the lease, if it is free and the last reconciliation ended at least `interval` milliseconds ago. It expires after
   * `duration` milliseconds, in case its holder dies.
   *
   * @returns the lease's ID, or null if it cannot be taken
   */
  take(duration: number, interval: number): Promise<string | null>;

  /** Extends the lease to `duration` milliseconds from now. False if it was lost. */
  renew(leaseId: string, duration: number): Promise<boolean>;

  /** Applies observations as `Participants.apply` does, if the lease was not lost; otherwise false. */
  apply(leaseId: string, observed: readonly Observed[]): Promise<boolean>;

  /** Ends the lease, and records the end of the reconciliation. */
  end(leaseId: string): Promise<void>;
}

/** The participants of sessions: a projection of the platform's events. */
export interface Participants {
  readonly lease: ReconciliationLease;

  /**
   * Merges observations, and finds the tokens of new participants. Resolves when the result is durable. At most 500 at once.
   *
   * @throws {DatabaseUnavailable} within two seconds, if it cannot be stored
   */
  apply(observed: readonly Observed[]): Promise<void>;

  /** The first session after this ID, in the order of IDs, that somebody is in; null for none. */
  occupiedAfter(sessionId: string): Promise<string | null>;

  /** All who are in a session now, in one query. */
  present(sessionId: string): Promise<Present[]>;

  /** Deletes at most `limit` of the participants who left before `instant`, and resolves to how many. */
  purge(instant: Date, limit: number): Promise<number>;

  /**
   * At most `limit` participants of each session, latest first, in one query for at most 100 sessions. Starts after `after`, or at
   * the latest if it is null.
   *
   * @param present whether only those who are in the session now count
   */
  pages(
    sessionIds: readonly string[],
    present: boolean,
    limit: number,
    after: TimePlace | null,
  ): Promise<PlacedParticipant[]>;

  /** How many participants each session has now, in the order given, counted up to `limit`, in one query. */
  count(sessionIds: readonly string[], limit: number): Promise<number[]>;

  /** The participants with these IDs, in any order, in one query. */
  findMany(ids: readonly string[]): Promise<Participant[]>;

  /** At most `limit` participants of each token, latest first, in one query. */
  ofTokens(tokenIds: readonly string[], limit: number): Promise<Participant[]>;

  /** Whether a participant with this identity and the role of a moderator is in a session now. */
  isModerated(sessionId: string, identity: string): Promise<boolean>;

  /** The streams that these participants publish now, oldest first, in one query. */
  streams(participantIds: readonly string[]): Promise<ParticipantStream[]>;

  /** The number of the latest change. Changes have ascending numbers, and become visible in the order of their numbers. */
  latestChange(): Promise<number>;

  /** At most `limit` participants that changed after the change with this number, in the order of their latest change. */
  changedAfter(
    change: number,
    limit: number,
  ): Promise<readonly { readonly change: number; readonly participant: Participant }[]>;
}

/** A ban and its position, which never changes. */
export interface PlacedBan {
  readonly position: number;
  readonly ban: Ban;
}

/** The bans. All times are the database's. */
export interface Bans {
  /** Adds a ban, durably, and requests the removal of participants whom it keeps out. */
  add(ban: NewBan): Promise<Ban>;

  /**
   * Lifts a ban, durably, and cancels the removals that only this ban requested. A ban that was lifted before stays as it is.
   *
   * @returns null if it is unknown
   */
  lift(id: string): Promise<Ban | null>;

  /** The bans with these IDs, in any order, in one query. */
  findMany(ids: readonly string[]): Promise<Ban[]>;

  /** At most `limit` bans that match a filter, newest first, in one query. They come before `position`; null starts at the newest. */
  list(filter: BanFilter, limit: number, position: number | null): Promise<PlacedBan[]>;

  /** Deletes at most `limit` of the bans that ended before `instant`, and resolves to how many. */
  purge(instant: Date, limit: number): Promise<number>;
}

/**
 * The participants that must leave. Every change of participants, bans and revocations requests removals in its own transaction. A
 * removal ends when its participant has left.
 */
export interface Removals {
  /** Requests the removal of a participant for a caller, durably. False if it is unknown or has left. */
  request(participantId: string): Promise<boolean>;

  /**
   * Takes at most `limit` removals that are due, for `duration` milliseconds, so that other replicas leave them alone.
   *
   * @param participantId only the removal of this participant, even if it is taken or not due
   */
  take(limit: number, duration: number, participantId?: string): Promise<Removal[]>;

  /** Records, durably, that the participant has left, and so ends its removal. */
  confirm(removal: Removal, leave: Leave): Promise<void>;

  /** Records a failed attempt. The removal is due again after `delay` milliseconds. */
  postpone(removal: Removal, delay: number): Promise<void>;

  /** The number of removals that the platform has not confirmed. */
  count(): Promise<number>;
}

/** Runs the queries of rate-limiter-flexible's limiter for PostgreSQL. */
export interface LimiterClient {
  /** The name of its table. */
  readonly table: string;

  /** @throws {DatabaseUnavailable} within half a second; after a failure, at once for one second */
  query(query: {
    readonly text: string;
    readonly values: readonly unknown[];
  }): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
}

/** The data that outlives the process. */
export interface Store {
  readonly sessions: SessionRegistry;
  readonly names: SessionNames;
  readonly ledger: IssuanceLedger;
  readonly apiKeys: ApiKeys;
  /** Only for PostgreSQL. */
  readonly limiterClient: LimiterClient;
  readonly runs: ServerRuns;
  readonly participants: Participants;
  readonly bans: Bans;
  readonly removals: Removals;

  /** Rejects if the store does not answer. */
  ping(): Promise<void>;

  /** Closes the database. An SQLite file then holds everything that was committed. */
  close(): Promise<void>;
}
