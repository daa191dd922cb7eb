import { setTimeout } from "node:timers/promises";
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from "kysely";
import { LRUCache } from "lru-cache";
import { DatabaseUnavailable } from "../errors.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { Deadline } from "./deadline.ts";

/** How long to wait before a lock of another process is tried again, in milliseconds: at first, and at most. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 20;

/** How long one read may take, in milliseconds. It is less than a use may, so that those that wait behind it are not given up, too. */
const LONGEST_READ = 1500;
/** How often a read that takes longer is interrupted, in milliseconds: SQLite forgets it where the read has not begun. */
const INTERRUPTIONS = 20;

/** A connection of libsql, whose own types say little. */
export interface Libsql {
  readonly inTransaction: boolean;
  prepare(sql: string): Promise<Statement>;
  exec(sql: string): Promise<void>;
  /** Ends what runs with `SQLITE_INTERRUPT`. */
  interrupt(): void;
  close(): void;
}

interface Statement {
  readonly reader: boolean;
  all<R>(parameters: readonly unknown[]): Promise<R[]>;
  run(parameters: readonly unknown[]): { readonly changes: number };
}

/** Statements by their texts: to prepare one costs as much as to run it. */
type Statements = LRUCache<string, Statement>;
const MAX_STATEMENTS = 200;
/** The most characters of the texts of those that are kept. One that inserts a thousand records has 25,000, and takes a megabyte. */
const MAX_TEXTS = 500_000;

/**
 * Drives SQLite through one connection, used by one at a time. Whatever may wait, for a lock of another process or for
 * the disk, waits outside of the event loop: Kysely's own driver, which is synchronous, would stop the server meanwhile.
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
  /** How many have the connection, which is one at most, or wait for it. */
  uses = 0;

  /** @param patience tells how long one use of the connection may take, in milliseconds, the wait for it included; null sets
   *   no limit
   * @param checkpoints are told of every commit, and end with the connection
   * @param onDamage is told why, each time that SQLite finds the file damaged */
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
      await deadline.within(before, () => new DatabaseUnavailable("it is busy"));
    } catch (error) {
      // Its place in the queue is kept, so that nobody overtakes whoever still uses the connection.
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

  /** Writers lock at once: one that first reads would fail, not wait, when another has written meanwhile. */
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
  /** Settles when nothing runs, also of what was abandoned. */
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
      // Nothing of this waits but the commit, for the disk: what is written goes to memory.
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

  // biome-ignore lint/correctness/useYield: nothing of ours streams
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("not supported");
  }

  async #prepare(sql: string): Promise<Statement> {
    const prepared = this.#statements.get(sql) ?? (await this.#database.prepare(sql));
    this.#statements.set(sql, prepared);
    return prepared;
  }

  /** Runs what gives nothing back. */
  execute(sql: string): Promise<void> {
    return this.#within(() => this.#database.exec(sql));
  }

  /** Rolls back, unless SQLite has done so by itself, as where the disk is full: to ask again would hide why. */
  rollBack(): Promise<void> {
    return this.#within(() => this.#rollBack());
  }

  /** Frees the connection, once what was abandoned is over, which must not leave a transaction behind. */
  release(): void {
    void this.#idle.then(() => this.#rollBack()).then(this.#leave, this.#leave);
  }

  /**
   * Waits for other processes' locks by asking again. SQLite's own wait would hold the connection meanwhile, and then the
   * event loop waits for it whenever the garbage collector finds a statement of that connection.
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
    // Also of what nobody waits for any more.
    result.catch((error) => {
      if (isDamage(error)) this.#onDamage(error.message);
    });
    this.#idle = result.catch(() => {});
    try {
      return await this.#deadline.within(result, () => new DatabaseUnavailable("it does not answer"));
    } catch (error) {
      throw typed(error);
    }
  }
}

function changesOf<R>({ changes }: { changes: number }): QueryResult<R> {
  return { numAffectedRows: BigInt(changes), rows: [] };
}

/** What SQLite says of a file whose pages are not what they must be. */
const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/;

/** What is wrong with the file, the disk or a lock, and not with the query. */
const UNAVAILABLE =
  /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|PROTOCOL|NOMEM|INTERRUPT)/;

/** Whether an error says that the file is damaged. */
export function isDamage(error: unknown): boolean {
  return DAMAGED.test(String((error as { code?: unknown }).code));
}

function typed(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message: string };
  return UNAVAILABLE.test(String(code)) ? new DatabaseUnavailable(message) : error;
}
