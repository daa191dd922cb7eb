import type { Migration } from "kysely";
import * as sessions from "./2026-11-24-sessions.ts";

/** Every migration by its name; they run in the order of the names, each once. */
export const migrations: Record<string, Migration> = {
  "2026-11-24-sessions": sessions,
};
