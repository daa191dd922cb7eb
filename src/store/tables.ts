import type { Generated } from "kysely";

/** A session as a row: instants in epoch milliseconds, truth as 0 or 1, enums by the platform's names. */
export interface SessionTable {
  /** The order of creation; the cursor of a page. */
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
}

/** An API key as a row: instants in epoch milliseconds. */
export interface ApiKeyTable {
  id: string;
  name: string;
  digest: string;
  /** JSON. */
  claims: string;
  created_at: number;
  revoked_at: number | null;
  /** The beginning of the hour of its last use, by the database's clock; null while it was never used. */
  last_used_at: number | null;
  /** Null for a key that does not expire. */
  expires_at: number | null;
}

/** The record of a token that was issued, as a row: instants in epoch milliseconds, enums by the platform's names. */
export interface IssuedTokenTable {
  /** The order of issuance; the cursor of a page. */
  position: Generated<number>;
  /** The token's `jti` or `nonce`. */
  id: string;
  session_id: string;
  role: string;
  format: string;
  issued_to: string;
  issued_at: number;
  expires_at: number;
}

/** A name of sessions as a row: instants in epoch milliseconds by the database's clock, which all servers share. */
export interface SessionNameTable {
  application_id: string;
  name: string;
  /** The session that the name stands for; null before there is one. */
  session_id: string | null;
  /** When it came to stand for it. */
  since: number | null;
  /** Who creates the next one; null when nobody does. */
  lease_id: string | null;
  /** When others may take over. */
  leased_until: number | null;
}

/** What a caller has asked for in a window, as a row that rate-limiter-flexible writes. */
export interface QuotaPointsTable {
  key: string;
  points: number;
  /** When the window ends, in epoch milliseconds by the database's clock. */
  expire: number | null;
}

/** A time in which servers ran, as a row: instants in epoch milliseconds by the database's clock. */
export interface ServerRunTable {
  began_at: number;
  /** When a server last noted that it runs. */
  seen_at: number;
}

/** A migration that was made, as a row. */
export interface MigrationTable {
  name: string;
  /** When, in the form of RFC 3339. */
  timestamp: string;
}

/** The tables of the database by their names. */
export interface Tables {
  stagepass_migrations: MigrationTable;
  /** Of versions before `stagepass_migrations`, or of another application. */
  kysely_migration: MigrationTable;
  sessions: SessionTable;
  api_keys: ApiKeyTable;
  issued_tokens: IssuedTokenTable;
  session_names: SessionNameTable;
  quota_points: QuotaPointsTable;
  server_runs: ServerRunTable;
}
