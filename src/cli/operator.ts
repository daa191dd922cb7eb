import { type Caller, localCaller } from "../access/caller.ts";
import { createServices } from "../assembly/create-services.ts";
import type { Audit } from "../audit/audit.ts";
import { type Config, keptDatabase, parseConfig, readEnvironment } from "../config/config.ts";
import { LedgerUnavailable, reasonOf } from "../errors.ts";
import type { Services } from "../graphql/context.ts";
import { createLog } from "../process/logger.ts";
import { openDatabase } from "../store/database.ts";
import { PATIENCE } from "../store/deadline.ts";
import { sqlStore } from "../store/sql-store.ts";
import { audited, operatorId } from "./audited.ts";
import { Refusal } from "./refusal.ts";

/** Who types a command, and with what. */
export interface Operator {
  /** May do everything: whoever can read the configuration has the credentials. */
  readonly caller: Caller;
  readonly services: Services;
}

/**
 * Acts with the server's own configuration, services and database, beside a server or without one.
 *
 * @throws {StartupError} when they cannot be used as configured, or the database would be gone after the command
 */
export async function asOperator<T>(act: (operator: Operator) => Promise<T>): Promise<T> {
  const config = parseConfig(...readEnvironment());
  return audited((audit) => withServices(config, audit, act), config.audit);
}

async function withServices<T>(
  config: Config,
  audit: Audit,
  act: (operator: Operator) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(keptDatabase(config.database));
  let cause: unknown = null;
  const store = sqlStore(database, {
    onChange(error) {
      cause = error;
    },
  });
  try {
    const now = new Date();
    // What there would be to log is the error itself.
    const { logger } = createLog("silent");
    const { services } = createServices(config, store, audit, { logger, now: () => now });
    const caller = { ...localCaller(), origin: { operator: operatorId() } };
    return await act({ caller, services });
  } catch (error) {
    // The server logs why; nobody reads a log here.
    if (!(error instanceof LedgerUnavailable)) throw error;
    const reason = cause === null ? `it did not answer within ${PATIENCE / 1000} seconds` : reasonOf(cause);
    throw new Refusal(error.extensions.code, `${error.message} (DATABASE_URL: ${reason})`);
  } finally {
    await store.close();
  }
}
