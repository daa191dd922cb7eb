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
}

/** The tables of the database by their names. */
export interface Tables {
  sessions: SessionTable;
  api_keys: ApiKeyTable;
}
