import type { Generated } from "kysely";

/** A row for a session. Instants are in epoch milliseconds, booleans are 0 or 1, enums have the platform's names. */
export interface SessionTable {
  /** The order of creation; a page's cursor. */
  position: Generated<number>;
  session_id: string;
  application_id: string;
  name: string | null;
  media_mode: string | null;
  archive_mode: string | null;
  archive_name: string | null;
  archive_resolution: string | null;
  location: string | null;
  e2ee: number | null;
  created_at: number | null;
  /** The most participants at a time; null for no limit. */
  max_participants: number | null;
}

/** A row for an API key. Instants are in epoch milliseconds. */
export interface ApiKeyTable {
  id: string;
  name: string;
  digest: string;
  /** As JSON. */
  claims: string;
  created_at: number;
  revoked_at: number | null;
  /** The start of the hour of its last use, by the database's clock; null if it was never used. */
  last_used_at: number | null;
  /** Null for a key that does not expire. */
  expires_at: number | null;
}

/** A row for an issued token. Instants are in epoch milliseconds, enums have the platform's names. */
export interface IssuedTokenTable {
  /** The order of issuance; a page's cursor. */
  position: Generated<number>;
  /** The token's `jti` or `nonce`. */
  id: string;
  session_id: string;
  role: string;
  format: string;
  issued_to: string;
  issued_at: number;
  expires_at: number;
  /** Null if the token is for nobody in particular, or older than this column. */
  identity: string | null;
  /** Of its session and connection data; null if the record is older than this column. */
  data_fingerprint: string | null;
  /** By the database's clock; null if it was not revoked. */
  revoked_at: Generated<number | null>;
}

/** A row for a ban. Instants are in epoch milliseconds by the database's clock. */
export interface BanTable {
  /** The order of creation; a page's cursor. */
  position: Generated<number>;
  /** Begins with `b_`. */
  id: string;
  /** Null for a ban by connection data. */
  identity: string | null;
  /** Of the session and the connection data; null for a ban by identity. */
  data_fingerprint: string | null;
  /** Null for all sessions. */
  session_id: string | null;
  /** Null for a ban without end. */
  until: number | null;
  created_at: number;
  created_by: string;
  lifted_at: number | null;
}

/** A row for a participant that must leave. Instants are in epoch milliseconds by the database's clock. */
export interface RemovalTable {
  participant_id: string;
  session_id: string;
  reason: string;
  /** The ban that keeps it out; null for another reason. */
  ban_id: string | null;
  created_at: number;
  /** How many attempts have failed. */
  attempts: number;
  /** When it is tried next. */
  due_at: number;
  /** Until when a replica is trying; null if none is. */
  taken_until: number | null;
}

/** A row for a participant. Instants are in epoch milliseconds, enums have the platform's names. */
export interface ParticipantTable {
  position: Generated<number>;
  /** Begins with `p_`, then the ID of the connection. */
  id: string;
  session_id: string;
  /** Null if unknown, or if the participant has left. */
  data: string | null;
  /** The ID of its token; null unless exactly one token fits. */
  token_id: string | null;
  identity: string | null;
  role: string | null;
  joined_at: number;
  left_at: number | null;
  leave_reason: string | null;
  /** The number of its latest change. */
  change: number;
  /** Of its session and connection data, by the current credential; null if the data is unknown, or if the participant has left. */
  data_fingerprint: string | null;
}

/** A row for a stream of a participant that is present. Instants are in epoch milliseconds, booleans are 0 or 1. */
export interface ParticipantStreamTable {
  participant_id: string;
  stream_id: string;
  name: string | null;
  /** Null for audio only. */
  video_type: string | null;
  created_at: number;
  /** A stream that has ended stays until its participant leaves, so that a late event does not bring it back. */
  is_ended: number;
}

/**
 * The only row: the latest change of a participant, which every transaction that changes participants locks first, and the lease
 * of reconciliation. Instants are in epoch milliseconds by the database's clock, which all replicas share.
 */
export interface ParticipantChangesTable {
  id: number;
  latest: number;
  lease_id: string | null;
  leased_until: number | null;
  /** When the last reconciliation ended. */
  reconciled_at: number | null;
}

/** A row for a session name. Instants are in epoch milliseconds by the database's clock, which all replicas share. */
export interface SessionNameTable {
  application_id: string;
  name: string;
  /** The session that the name maps to; null before the first one. */
  session_id: string | null;
  /** Since when the name maps to this session. */
  since: number | null;
  /** The lease of the replica that creates the next session; null if none does. */
  lease_id: string | null;
  /** When the lease expires, so that another replica may take it. */
  leased_until: number | null;
}

/** A row for a caller's usage in a quota window, written by rate-limiter-flexible. */
export interface QuotaPointsTable {
  key: string;
  points: number;
  /** When the window ends, in epoch milliseconds by the database's clock. */
  expire: number | null;
}

/** A row for a period in which servers ran. Instants are in epoch milliseconds by the database's clock. */
export interface ServerRunTable {
  began_at: number;
  /** When a server last recorded that it was running. */
  seen_at: number;
}

/** A row for an applied migration. */
export interface MigrationTable {
  name: string;
  /** When it was applied, in RFC 3339 format. */
  timestamp: string;
}

/** The tables of the database, by name. */
export interface Tables {
  stagepass_migrations: MigrationTable;
  /** The table of versions before `stagepass_migrations`, or of another application that uses Kysely. */
  kysely_migration: MigrationTable;
  sessions: SessionTable;
  api_keys: ApiKeyTable;
  issued_tokens: IssuedTokenTable;
  session_names: SessionNameTable;
  quota_points: QuotaPointsTable;
  server_runs: ServerRunTable;
  participants: ParticipantTable;
  participant_streams: ParticipantStreamTable;
  participant_changes: ParticipantChangesTable;
  bans: BanTable;
  removals: RemovalTable;
}
