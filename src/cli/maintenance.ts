import { openForMaintenance } from "../store/database.ts";
import type { DatabaseAddress } from "../store/database-address.ts";
import { DumpError, type DumpSummary } from "../store/dump.ts";
import type { Database } from "../store/engine.ts";
import { sayWhetherNew } from "./open-for-command.ts";
import type { Outcome } from "./outcome.ts";
import { Refusal } from "./refusal.ts";

/** Exports or imports the whole database, and reports the rows and the checksum of each table. */
export async function withWholeDatabase(
  address: DatabaseAddress,
  act: (database: Database) => Promise<DumpSummary>,
  open: (address: DatabaseAddress) => Promise<Database> = openForMaintenance,
): Promise<Outcome> {
  const database = await open(address);
  try {
    const tables = await act(database);
    sayWhetherNew(database, address);
    return { text: describe(tables), json: { tables } };
  } catch (error) {
    if (error instanceof DumpError) throw new Refusal("DUMP_REFUSED", error.message);
    throw error;
  } finally {
    await database.engine.settle(database.kysely);
    await database.kysely.destroy();
  }
}

/** The rows between two reports of progress. */
const EVERY = 100_000;

/** Reports the number of rows so far on standard error. */
export function progress(): (rows: number) => void {
  let next = EVERY;
  return (rows) => {
    if (rows < next) return;
    next = rows - (rows % EVERY) + EVERY;
    process.stderr.write(`${rows} rows\n`);
  };
}

function describe(summary: DumpSummary): string {
  return Object.entries(summary)
    .map(([table, { rows, sha256 }]) => `${table}\t${rows} rows\tsha256 ${sha256}`)
    .join("\n");
}
