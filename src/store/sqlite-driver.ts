import { setTimeout } from "node:timers/promises";
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from "kysely";
import { LRUCache } from "lru-cache";
import { DatabaseUnavailable } from "../errors.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { Deadline } from "./deadline.ts";

/** The pauses between attempts to get a lock that another process holds, in milliseconds: the first and the longest. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 20;

/** The limit for one read, in milliseconds. It is below the limit for one use, so that queries queued behind it still succeed. */
const LONGEST_READ = 1500;
/** How often a read over the limit is interrupted, in milliseconds. SQLite ignores an interrupt before the read begins. */
const INTERRUPTIONS = 20;

/** A connection of libsql, whose own types are incomplete. */
export interface Libsql {
  readonly inTransaction: boolean;
  prepare(sql: string): Promise<Statement>;
  exec(sql: string): Promise<void>;
  /** Ends the running statement with `SQLITE_INTERRUPT`. */
  interrupt(): void;
  close(): void;
}

interface Statement {
  readonly reader: boolean;
  all<R>(parameters: readonly unknown[]): Promise<R[]>;
  run(parameters: readonly unknown[]): { readonly changes: number };
}

/** Prepared statements by their text. Preparing one costs as much as running it. */
type Statements = LRUCache<string, Statement>;
const MAX_STATEMENTS = 200;
/** The most characters of kept statements. An insert of a thousand records has 25,000, and takes a megabyte of memory. */
const MAX_TEXTS = 500_000;

/**
 * Drives SQLite through one connection, one use at a time. Waits for locks and for the disk do not block the event loop;
 * with Kysely's own driver, which is synchronous, they would.
 */
export class SqliteDriver implements Driver {
  readonly #open: () => Promise<Libsql>;
  readonly #patience: () => number | null;
  readonly #checkpoints: Checkpoints;
  readonly #onDamage: (reason: string) => void;
  readonly #statements: Statements = new LRUCache({
    max: MAX_STATEMENTS,
    maxSize: MAX_TEXTS,
    sizeCalculation: (_statement, sql) => sql.length,
  });
  #database: Libsql | undefined;
  /** Resolves when the connection is free. */
  #free: Promise<void> = Promise.resolve();
  /** How many uses hold the connection (at most one) or wait for it. */
  uses = 0;

  /**
   * @param patience returns the limit for one use of the connection, wait included, in milliseconds; null for no limit.
   * @param checkpoints are notified of every commit, and stopped with the connection.
   * @param onDamage receives the reason each time that SQLite finds the file damaged.
   */
  constructor(
    open: () => Promise<Libsql>,
    patience: () => number | null,
    checkpoints: Checkpoints,
    onDamage: (reason: string) => void = () => {},
  ) {
    this.#open = open;
    this.#patience = patience;
    this.#checkpoints = checkpoints;
    this.#onDamage = onDamage;
  }

  async init(): Promise<void> {
    this.#database = await this.#open().catch((error) => {
      throw typed(error);
    });
  }

  get isOpen(): boolean {
    return this.#database !== undefined;
  }

  async acquireConnection(): Promise<SqliteConnection> {
    const before = this.#free;
    let leave = () => {};
    this.uses += 1;
    this.#free = new Promise((resolve) => {
      leave = () => {
        this.uses -= 1;
        resolve();
      };
    });
    const deadline = new Deadline(this.#patience());
    try {
      await deadline.within(before, () => new DatabaseUnavailable("the database is busy"));
    } catch (error) {
      // Keeps its place in the queue, so that the next use still waits for the ones before.
      void before.then(leave);
      throw error;
    }
    if (!this.#database) throw new Error("the database is not open");
    return new SqliteConnection(
      this.#database,
      this.#statements,
      this.#checkpoints,
      this.#onDamage,
      deadline,
      leave,
    );
  }

  /** Writers lock at once. One that reads first would fail, not wait, if another process writes in between. */
  beginTransaction(connection: SqliteConnection, { accessMode }: TransactionSettings): Promise<void> {
    return connection.execute(accessMode === "read only" ? "BEGIN" : "BEGIN IMMEDIATE");
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    await connection.execute("COMMIT");
    this.#checkpoints.committed();
  }

  rollbackTransaction(connection: SqliteConnection): Promise<void> {
    return connection.rollBack();
  }

  async releaseConnection(connection: SqliteConnection): Promise<void> {
    connection.release();
  }

  async destroy(): Promise<void> {
    await this.#free;
    await this.#checkpoints.stop();
    this.#database?.close();
  }
}

/** One use of the connection. */
class SqliteConnection implements DatabaseConnection {
  readonly #database: Libsql;
  readonly #statements: Statements;
  readonly #checkpoints: Checkpoints;
  readonly #onDamage: (reason: string) => void;
  readonly #deadline: Deadline;
  readonly #leave: () => void;
  /** Settles when no statement runs, including abandoned ones. */
  #idle: Promise<unknown> = Promise.resolve();

  constructor(
    database: Libsql,
    statements: Statements,
    checkpoints: Checkpoints,
    onDamage: (reason: string) => void,
    deadline: Deadline,
    leave: () => void,
  ) {
    this.#database = database;
    this.#statements = statements;
    this.#checkpoints = checkpoints;
    this.#onDamage = onDamage;
    this.#deadline = deadline;
    this.#leave = leave;
  }

  executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    return this.#within<QueryResult<R>>(async () => {
      const statement = await this.#prepare(sql);
      if (statement.reader) return { rows: await this.#read<R>(statement, parameters) };
      if (this.#database.inTransaction) return changesOf<R>(statement.run(parameters));
      // Only the commit waits for the disk; until then, writes go to memory.
      const begin = await this.#prepare("BEGIN IMMEDIATE");
      begin.run([]);
      try {
        const result = changesOf<R>(statement.run(parameters));
        await this.#database.exec("COMMIT");
        this.#checkpoints.committed();
        return result;
      } catch (error) {
        await this.#rollBack();
        throw error;
      }
    });
  }

  async #read<R>(statement: Statement, parameters: readonly unknown[]): Promise<R[]> {
    const { left } = this.#deadline;
    if (left === Number.POSITIVE_INFINITY) return statement.all<R>(parameters);
    const end = performance.now() + Math.min(left, LONGEST_READ);
    const timer = setInterval(() => {
      if (performance.now() >= end) this.#database.interrupt();
    }, INTERRUPTIONS);
    try {
      return await statement.all<R>(parameters);
    } finally {
      clearInterval(timer);
    }
  }

  // biome-ignore lint/correctness/useYield: no query streams
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("not supported");
  }

  async #prepare(sql: string): Promise<Statement> {
    const prepared = this.#statements.get(sql) ?? (await this.#database.prepare(sql));
    this.#statements.set(sql, prepared);
    return prepared;
  }

  /** Runs SQL that returns no rows. */
  execute(sql: string): Promise<void> {
    return this.#within(() => this.#database.exec(sql));
  }

  /** Rolls back, unless SQLite already has, as on a full disk: a second rollback would fail and hide the cause. */
  rollBack(): Promise<void> {
    return this.#within(() => this.#rollBack());
  }

  /** Frees the connection when abandoned work has ended. Rolls back any transaction that it left open. */
  release(): void {
    void this.#idle.then(() => this.#rollBack()).then(this.#leave, this.#leave);
  }

  /**
   * Retries while another process holds a lock. SQLite's own wait would hold the connection. Then the event loop would block
   * whenever the garbage collector frees a statement.
   */
  async #onceFree<T>(work: () => Promise<T>): Promise<T> {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        return await work();
      } catch (error) {
        const { code } = error as { code?: unknown };
        if (code !== "SQLITE_BUSY" || this.#database.inTransaction || this.#deadline.isOver) throw error;
      }
      await setTimeout(pause);
    }
  }

  async #rollBack(): Promise<void> {
    if (this.#database.inTransaction) await this.#database.exec("ROLLBACK");
  }

  async #within<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#idle.then(() => this.#onceFree(work));
    // Reports damage even if no caller waits for the result any more.
    result.catch((error) => {
      if (isDamage(error)) this.#onDamage(error.message);
    });
    this.#idle = result.catch(() => {});
    try {
      return await this.#deadline.within(result, () => new DatabaseUnavailable("it did not answer in time"));
    } catch (error) {
      throw typed(error);
    }
  }
}

function changesOf<R>({ changes }: { changes: number }): QueryResult<R> {
  return { numAffectedRows: BigInt(changes), rows: [] };
}

/** SQLite's codes for a damaged file. */
const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/;

/** SQLite's codes for a problem with the file, the disk or a lock, not with the query. */
const UNAVAILABLE =
  /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|PROTOCOL|NOMEM|INTERRUPT)/;

/** Whether an error means that the file is damaged. */
export function isDamage(error: unknown): boolean {
  return DAMAGED.test(String((error as { code?: unknown }).code));
}

function typed(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message: string };
  return UNAVAILABLE.test(String(code)) ? new DatabaseUnavailable(message) : error;
}
