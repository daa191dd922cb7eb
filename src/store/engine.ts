import type { ColumnBuilderCallback, Dialect, Kysely, QueryResult, RawBuilder } from "kysely";
import type { TimePlace } from "./store.ts";
import type { Tables } from "./tables.ts";

/** The connections of this process to the database. */
export interface PoolState {
  readonly used: number;
  readonly idle: number;
  /** How many uses of the database wait for a connection. */
  readonly waiting: number;
}

/** Where a table is. */
export interface Place {
  readonly schema: string;
  /** Whether new tables are made in this schema. */
  readonly isFirst: boolean;
  /** Whether the user may read it. */
  readonly isReadable: boolean;
}

/** A database engine, with what the engines do not say alike. Every query that is not here is the same on all of them. */
export interface Engine {
  readonly dialect: Dialect;

  /** For reads, over a connection of their own; null where the others have enough of them. */
  readonly readDialect: Dialect | null;

  /** How a query in plain SQL names its parameter at a place, from 1 on. */
  parameter(place: number): string;

  /** The database's own clock, in epoch milliseconds: the one that all servers share. */
  readonly clock: RawBuilder<number>;

  /** The type of texts that are compared byte by byte, whatever the language of the database. */
  readonly text: RawBuilder<unknown>;

  /** Before `table`, makes one that is not written to the disk in time, and may be empty after a crash. */
  readonly unlogged: RawBuilder<unknown>;

  /** The type and the rest of a column of numbers that the database gives out, ascending, and none of them twice. */
  readonly position: readonly [type: RawBuilder<unknown>, rest: ColumnBuilderCallback];

  /**
   * Whether a row has this value in a column, and a position before this one. Ordered by the column and the position, both
   * descending, such rows are read along the index of the two, from where they begin, and along no other.
   */
  before(column: string, value: string, position: number): RawBuilder<boolean>;

  /**
   * The conditions of walks, newest first, along an index of a key, a time and the position: of rows that have the key's value, are not
   * before `from`, and come before a place. Ordered by the key, the time and the position, all descending, each is read along that
   * index, from where it begins, and along no other.
   */
  newest(
    key: readonly [column: string, value: string] | null,
    time: string,
    from: number,
    before: TimePlace,
  ): RawBuilder<boolean>[];

  /** An ordered query as a part of a union, of which no more than `limit` rows are needed: read row by row, and not sorted first. */
  part(query: RawBuilder<unknown>, limit: number): RawBuilder<unknown>;

  /** Asks a query that is to walk along the indexes that it is ordered by, as far as it needs, and to read nothing beforehand. */
  walk<T>(database: Kysely<Tables>, query: RawBuilder<T>): Promise<QueryResult<T>>;

  /** Lets one transaction at a time change the tables; this one from now on, until it ends. */
  lockTables(transaction: Kysely<Tables>): Promise<void>;

  /** Where the table is that queries find by this name; null when they find none. */
  placeOf(database: Kysely<Tables>, table: string): Promise<Place | null>;

  pool(): PoolState;

  /** Why the database is known to be damaged since it was opened; null while it is not. */
  damage(): string | null;

  /** Does what the engine needs before it is left for good. */
  settle(database: Kysely<Tables>): Promise<void>;
}

/** A database, with what is particular to its engine. */
export interface Database {
  readonly kysely: Kysely<Tables>;
  /** For what only reads and need not wait for a commit: the same, unless the engine has another connection for it. */
  readonly reads: Kysely<Tables>;
  readonly engine: Engine;
  /** Whether it is an SQLite file that was made just now. */
  readonly isNew: boolean;
}
