import { type Caller, localCaller } from "../access/caller.ts";
import { createServices } from "../assembly/create-services.ts";
import type { Audit } from "../audit/audit.ts";
import { type Config, keptDatabase, parseConfig, readEnvironment } from "../config/config.ts";
import { LedgerUnavailable, reasonOf } from "../errors.ts";
import type { Services } from "../graphql/context.ts";
import { createLog } from "../process/logger.ts";
import { PATIENCE } from "../store/deadline.ts";
import { sqlStore } from "../store/sql-store.ts";
import { audited, operatorId } from "./audited.ts";
import { openForCommand } from "./open-for-command.ts";
import { Refusal } from "./refusal.ts";

/** The operator who runs a command, and the services of the command. */
export interface Operator {
  /** May do everything, because an operator who can read the configuration has the credentials. */
  readonly caller: Caller;
  readonly services: Services;
}

/**
 * Runs a command with the server's configuration, services and database. A server may run meanwhile.
 *
 * @param reads whether the database must already exist
 * @throws {StartupError} if the configuration is invalid, or the database is in memory or cannot be opened
 */
export async function asOperator<T>(act: (operator: Operator) => Promise<T>, reads = false): Promise<T> {
  const config = parseConfig(...readEnvironment());
  return audited((audit) => withServices(config, audit, act, reads), config.audit);
}

async function withServices<T>(
  config: Config,
  audit: Audit,
  act: (operator: Operator) => Promise<T>,
  reads: boolean,
): Promise<T> {
  const database = await openForCommand(keptDatabase(config.database), reads);
  let cause: unknown = null;
  const store = sqlStore(database, {
    onChange(error) {
      cause = error;
    },
  });
  try {
    const now = new Date();
    // No log: the only entry would be the error, which the command prints.
    const { logger } = createLog("silent");
    const { services } = createServices(config, store, audit, { logger, now: () => now });
    const caller = { ...localCaller(), origin: { operator: operatorId() } };
    return await act({ caller, services });
  } catch (error) {
    // The server would log the cause; a command prints it.
    if (!(error instanceof LedgerUnavailable)) throw error;
    const reason = cause === null ? `it did not answer within ${PATIENCE / 1000} seconds` : reasonOf(cause);
    throw new Refusal(error.extensions.code, `${error.message} (DATABASE_URL: ${reason})`);
  } finally {
    await store.close();
  }
}
