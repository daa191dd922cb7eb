import type { SchemaModule } from "kysely";
import type { Engine } from "../engine.ts";
import * as sessions from "./2026-11-24-sessions.ts";
import * as apiKeys from "./2026-11-24b-api-keys.ts";
import * as sessionsByName from "./2026-11-24c-session-names.ts";
import * as ledger from "./2026-11-24d-ledger.ts";
import * as names from "./2026-11-24e-names.ts";
import * as quotas from "./2026-11-24f-quotas.ts";
import * as unassignedNames from "./2026-11-24g-unassigned-names.ts";
import * as sessionsInOrder from "./2026-11-25-sessions-in-order.ts";
import * as apiKeyLifetimes from "./2026-11-28-api-key-lifetimes.ts";
import * as serverRuns from "./2026-11-28-server-runs.ts";
import * as sessionsByCreation from "./2026-11-28b-sessions-by-creation.ts";
import * as audits from "./2026-11-28c-audits.ts";
import * as participants from "./2026-11-29-participants.ts";
import * as bans from "./2026-11-29b-bans.ts";

/** One change to the tables. */
interface Migration {
  up(schema: SchemaModule, engine: Engine): Promise<void>;
}

/**
 * All migrations, by name and in order. Each runs once. They only add, and never a column that a writer must fill, so that the
 * previous version keeps working beside this one.
 */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "2026-11-24-sessions": sessions,
  "2026-11-24b-api-keys": apiKeys,
  "2026-11-24c-session-names": sessionsByName,
  "2026-11-24d-ledger": ledger,
  "2026-11-24e-names": names,
  "2026-11-24f-quotas": quotas,
  "2026-11-24g-unassigned-names": unassignedNames,
  "2026-11-25-sessions-in-order": sessionsInOrder,
  "2026-11-28-api-key-lifetimes": apiKeyLifetimes,
  "2026-11-28-server-runs": serverRuns,
  "2026-11-28b-sessions-by-creation": sessionsByCreation,
  "2026-11-28c-audits": audits,
  "2026-11-29-participants": participants,
  "2026-11-29b-bans": bans,
};
