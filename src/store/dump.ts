import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { jsonLine } from "../domain/text.ts";
import { DatabaseUnavailable, reasonOf } from "../errors.ts";
import type { Tables } from "./tables.ts";

/** A table in a dump, and the order of its rows. Positions are not dumped: a load assigns new ones, in the same order. */
interface DumpedTable {
  readonly name: keyof Tables;
  /** The version of dumps that first had the table; all have it if absent. */
  readonly since?: number;
  readonly columns: readonly string[];
  /** The last of the columns, by the version of dumps that first had them. */
  readonly added?: Readonly<Record<number, readonly string[]>>;
  /** Columns that are unique together. Only rows with a value in each are dumped. */
  readonly order: readonly string[];
  /** A column that must have a value; rows without one are not dumped. */
  readonly needs?: string;
}

const TABLES: readonly DumpedTable[] = [
  {
    name: "sessions",
    columns: [
      "session_id",
      "application_id",
      "name",
      "media_mode",
      "archive_mode",
      "archive_name",
      "archive_resolution",
      "location",
      "e2ee",
      "created_at",
      "max_participants",
    ],
    added: { 4: ["max_participants"] },
    order: ["position"],
  },
  {
    name: "session_names",
    columns: ["application_id", "name", "session_id", "since"],
    order: ["application_id", "name"],
    needs: "session_id",
  },
  {
    name: "api_keys",
    columns: ["id", "name", "digest", "claims", "created_at", "revoked_at", "last_used_at", "expires_at"],
    added: { 2: ["last_used_at", "expires_at"] },
    order: ["id"],
  },
  {
    name: "issued_tokens",
    columns: [
      "id",
      "session_id",
      "role",
      "format",
      "issued_to",
      "issued_at",
      "expires_at",
      "identity",
      "data_fingerprint",
      "revoked_at",
    ],
    added: { 3: ["identity", "data_fingerprint"], 4: ["revoked_at"] },
    order: ["position"],
  },
  {
    name: "bans",
    since: 4,
    columns: [
      "id",
      "identity",
      "data_fingerprint",
      "session_id",
      "until",
      "created_at",
      "created_by",
      "lifted_at",
    ],
    order: ["position"],
  },
];

/** How many rows are in memory at once. */
const STEP = 500;

/** The number of rows of a table, and the SHA-256 of their lines. */
export interface TableSummary {
  readonly rows: number;
  readonly sha256: string;
}

/** The summaries of the dumped tables, by name. */
export type DumpSummary = Readonly<Record<string, TableSummary>>;

type Row = Readonly<Record<string, unknown>>;

/** A problem with a dump or with its target database, worded for the operator. */
export class DumpError extends Error {}

const HEADER = "stagepass";
const FOOTER = "end";
const VERSION = 4;

/** The tables in a dump of a version; undefined for an unknown version. */
function tablesOf(version: unknown): readonly DumpedTable[] | undefined {
  const known = Array.from({ length: VERSION }, (_, i) => i + 1);
  if (!known.some((each) => each === version)) return undefined;
  const later = known.filter((each) => each > Number(version));
  return TABLES.filter(({ since = 1 }) => since <= Number(version)).map(({ added = {}, ...table }) => {
    const lacking = later.flatMap((each) => added[each] ?? []);
    return { ...table, columns: table.columns.filter((column) => !lacking.includes(column)) };
  });
}

/**
 * Writes the whole database, as it is at one instant, as lines of JSON. The first line names the format. Each row is a line
 * with its table as `kind`. The last line has counts and checksums; without it, the dump is incomplete.
 *
 * @param write takes some lines, and resolves when it can take more.
 * @param onProgress receives the number of rows so far.
 */
export function dump(
  database: Kysely<Tables>,
  now: Date,
  write: (lines: string) => Promise<void>,
  onProgress: (rows: number) => void,
): Promise<DumpSummary> {
  return database
    .transaction()
    .setAccessMode("read only")
    .setIsolationLevel("repeatable read")
    .execute(async (transaction) => {
      await write(lineOf(HEADER, { version: VERSION, createdAt: now.toISOString() }));
      const summary = await summarize(transaction, TABLES, write, onProgress);
      await write(lineOf(FOOTER, { tables: summary }));
      return summary;
    });
}

/**
 * Loads a dump into an empty database, all of it or nothing. At the end, it compares the rows in the database with the counts
 * and checksums of the dump.
 *
 * @throws {DumpError} if the dump is damaged or the database is not empty
 */
export function load(
  database: Kysely<Tables>,
  lines: AsyncIterable<string>,
  onProgress: (rows: number) => void,
): Promise<DumpSummary> {
  return database.transaction().execute(async (transaction) => {
    await checkEmpty(transaction);
    const { declared, tables } = await insertAll(transaction, lines, onProgress);
    const found = await summarize(
      transaction,
      tables,
      async () => {},
      () => {},
    );
    for (const { name } of TABLES) {
      const [is, said] = [found[name], declared[name]];
      if (is?.rows !== said?.rows || is?.sha256 !== said?.sha256) {
        throw new DumpError(
          `${name}: the last line of the dump says ${describe(said)}, but the dump has ${describe(is)}; nothing was imported`,
        );
      }
    }
    return found;
  });
}

async function summarize(
  database: Kysely<Tables>,
  tables: readonly DumpedTable[],
  write: (lines: string) => Promise<void>,
  onProgress: (rows: number) => void,
): Promise<DumpSummary> {
  const summary: Record<string, TableSummary> = {};
  let total = 0;
  for (const table of tables) {
    const hash = createHash("sha256");
    let rows = 0;
    for await (const page of pagesOf(database, table)) {
      const lines = page.map((row) => lineOf(table.name, pick(row, table.columns))).join("");
      hash.update(lines);
      rows += page.length;
      total += page.length;
      await write(lines);
      onProgress(total);
    }
    summary[table.name] = { rows, sha256: hash.digest("hex") };
  }
  return summary;
}

/** The rows of a table. Each page starts where the previous one ended, so that all pages cost the same. */
async function* pagesOf(
  database: Kysely<Tables>,
  { name, columns, order, needs }: DumpedTable,
): AsyncGenerator<readonly Row[]> {
  const key = sql.join(order.map((column) => sql.ref(column)));
  const selected = sql.join([...new Set([...columns, ...order])].map((column) => sql.ref(column)));
  const kept = needs ? sql`${sql.ref(needs)} is not null` : sql`1 = 1`;
  let last: Row | undefined;
  do {
    const after: Row | undefined = last;
    const rest = after ? sql`(${key}) > (${sql.join(order.map((column) => after[column]))})` : sql`1 = 1`;
    const { rows } = await sql<Row>`
      select ${selected} from ${sql.table(name)} where ${kept} and ${rest} order by ${key} limit ${sql.lit(STEP)}
    `.execute(database);
    if (rows.length > 0) yield rows;
    last = rows.at(-1);
  } while (last);
}

async function checkEmpty(database: Kysely<Tables>): Promise<void> {
  for (const { name } of TABLES) {
    const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(database);
    if (rows.length > 0) throw new DumpError(`the database must be empty, but ${name} has rows`);
  }
}

async function insertAll(
  database: Kysely<Tables>,
  lines: AsyncIterable<string>,
  onProgress: (rows: number) => void,
): Promise<{ readonly declared: DumpSummary; readonly tables: readonly DumpedTable[] }> {
  let number = 0;
  let total = 0;
  let tables: readonly DumpedTable[] = TABLES;
  let ended: DumpSummary | undefined;
  let pending: { table: DumpedTable; rows: Row[] } | undefined;

  const flush = async () => {
    if (!pending) return;
    await insert(database, pending.table, pending.rows).catch((error: unknown) => {
      if (error instanceof DatabaseUnavailable) throw error;
      throw damaged(number, `the database refused this row or one before it: ${reasonOf(error)}`);
    });
    pending = undefined;
  };
  for await (const line of lines) {
    number += 1;
    const { kind, ...row } = parsed(line, number);
    if (number === 1) {
      const known = tablesOf(row.version);
      if (kind !== HEADER || !known)
        throw damaged(number, "it is not the header of a dump that this version supports");
      tables = known;
    } else if (ended) {
      throw damaged(number, "it follows the end of the dump");
    } else if (kind === FOOTER) {
      ended = row.tables as DumpSummary;
    } else {
      const table = tables.find(({ name }) => name === kind);
      if (!table || !isRowOf(table, row)) throw damaged(number, "it is not a valid row");
      if (pending?.table !== table || pending.rows.length === STEP) await flush();
      pending ??= { table, rows: [] };
      pending.rows.push(row);
      total += 1;
      if (total % STEP === 0) onProgress(total);
    }
  }
  await flush();
  if (!ended) throw damaged(number, "the end of the dump is missing");
  return { declared: ended, tables };
}

async function insert(
  database: Kysely<Tables>,
  { name, columns }: DumpedTable,
  rows: readonly Row[],
): Promise<void> {
  const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column]))})`);
  await sql`
    insert into ${sql.table(name)} (${sql.join(columns.map((column) => sql.ref(column)))}) values ${sql.join(values)}
  `.execute(database);
}

function isRowOf({ columns }: DumpedTable, row: Row): boolean {
  const isValue = (value: unknown) =>
    value === null || typeof value === "string" || typeof value === "number";
  return Object.keys(row).join() === columns.join() && Object.values(row).every(isValue);
}

function pick(row: Row, columns: readonly string[]): Row {
  return Object.fromEntries(columns.map((column) => [column, row[column]]));
}

function lineOf(kind: string, fields: Row): string {
  return jsonLine({ kind, ...fields });
}

function parsed(line: string, number: number): Row {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // Falls through.
  }
  throw damaged(number, "it is not a JSON object");
}

function damaged(line: number, reason: string): DumpError {
  return new DumpError(`line ${line} of the dump: ${reason}; nothing was imported`);
}

function describe(summary: TableSummary | undefined): string {
  return summary
    ? `${summary.rows} rows with the checksum ${String(summary.sha256).slice(0, 8)}…`
    : "nothing";
}
