import type { ColumnBuilderCallback, Dialect, Kysely, QueryResult, RawBuilder } from "kysely";
import type { TimePlace } from "./store.ts";
import type { Tables } from "./tables.ts";

/** The connections of this process to the database. */
export interface PoolState {
  readonly used: number;
  readonly idle: number;
  /** How many uses wait for a connection. */
  readonly waiting: number;
}

/** The location of a table. */
export interface Place {
  readonly schema: string;
  /** Whether new tables are created in this schema. */
  readonly isFirst: boolean;
  /** Whether the user may read the table. */
  readonly isReadable: boolean;
}

/** A database engine, with the SQL that differs between engines. All other queries are the same on every engine. */
export interface Engine {
  readonly dialect: Dialect;

  /** For reads over a separate connection; null if reads use the other dialect. */
  readonly readDialect: Dialect | null;

  /** The placeholder of a parameter in plain SQL, by its place, from 1. */
  parameter(place: number): string;

  /** The database's clock, in epoch milliseconds. All replicas share it. */
  readonly clock: RawBuilder<number>;

  /** The type of texts that are compared byte by byte, in every locale of the database. */
  readonly text: RawBuilder<unknown>;

  /** The keyword before `table` for a table whose writes skip the log, and which a crash may empty. */
  readonly unlogged: RawBuilder<unknown>;

  /** The type and the constraints of a column of ascending numbers that the database assigns, never twice. */
  readonly position: readonly [type: RawBuilder<unknown>, rest: ColumnBuilderCallback];

  /**
   * The condition for rows with this value in a column and an earlier position. A query ordered by both, descending, then reads
   * only these rows, along the index of the two.
   */
  before(column: string, value: string, position: number): RawBuilder<boolean>;

  /**
   * The conditions of walks along an index of a key, a time and the position. They match rows that have the key's value, are
   * not earlier than `from`, and come before a place. If a query is ordered by all three, descending, each walk reads only its
   * rows, along that index.
   */
  newest(
    key: readonly [column: string, value: string] | null,
    time: string,
    from: number,
    before: TimePlace,
  ): RawBuilder<boolean>[];

  /** An ordered query as part of a union that needs at most `limit` of its rows. It is read row by row, without a sort. */
  part(query: RawBuilder<unknown>, limit: number): RawBuilder<unknown>;

  /** Runs a query along the indexes of its order, so that it reads only the rows that it needs. */
  walk<T>(database: Kysely<Tables>, query: RawBuilder<T>): Promise<QueryResult<T>>;

  /**
   * An expression that lets the database end the transaction, and so free its locks, when its client is silent for `PATIENCE`. A
   * stopped server or a lost machine would otherwise keep them for hours.
   */
  readonly endsWhenSilent: RawBuilder<unknown>;

  /** The condition of a statement that waits for `holdIssuing`, and sees everything that was committed before. */
  readonly seesBans: RawBuilder<boolean>;

  /**
   * Waits for records of the ledger that are being inserted, and makes later ones wait until the transaction ends. Those see what it
   * committed.
   */
  holdIssuing(transaction: Kysely<Tables>): Promise<void>;

  /** The end of a query that locks the rows it finds, and finds none that others have locked. */
  readonly skippingLocked: RawBuilder<unknown>;

  /** Takes the lock for changing the tables, until the transaction ends. */
  lockTables(transaction: Kysely<Tables>): Promise<void>;

  /** The location of the table that queries find under this name; null if they find none. */
  placeOf(database: Kysely<Tables>, table: string): Promise<Place | null>;

  pool(): PoolState;

  /** The damage found since the database was opened; null for none. */
  damage(): string | null;

  /** Finishes the engine's work before the database is closed. */
  settle(database: Kysely<Tables>): Promise<void>;
}

/** An open database and its engine. */
export interface Database {
  readonly kysely: Kysely<Tables>;
  /** For reads, which need not wait for commits. The same as `kysely`, unless the engine has a second connection. */
  readonly reads: Kysely<Tables>;
  readonly engine: Engine;
  /** Whether this is an SQLite file that was just created. */
  readonly isNew: boolean;
}
