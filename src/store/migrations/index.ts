import type { Migration } from "kysely";
import * as sessions from "./2026-11-24-sessions.ts";
import * as apiKeys from "./2026-11-24b-api-keys.ts";
import * as sessionNames from "./2026-11-24c-session-names.ts";

/** Every migration by its name; they run in the order of the names, each once. */
export const migrations: Record<string, Migration> = {
  "2026-11-24-sessions": sessions,
  "2026-11-24b-api-keys": apiKeys,
  "2026-11-24c-session-names": sessionNames,
};
