/** The time from a commit to the checkpoint that copies it, in milliseconds. Later commits join that checkpoint. */
const INTERVAL = 200;

/** The methods of a connection that checkpoints need. */
interface Connection {
  exec(sql: string): Promise<void>;
  close(): void;
}

/** Checkpoints of SQLite that do not hold up commits. */
export interface Checkpoints {
  /** Must be called after every commit. */
  committed(): void;

  /** Stops all checkpoints. Resolves when none is running. */
  stop(): Promise<void>;
}

/** For a database in memory, and for connections that only read. */
export const NO_CHECKPOINTS: Checkpoints = { committed() {}, async stop() {} };

/**
 * Copies the write-ahead log into the database's file, over a separate connection. SQLite itself copies all of it inside a
 * commit when the log reaches a thousand pages, and callers wait for that. If most pages are copied already, the wait is short.
 *
 * @param open opens the connection, at the first commit
 */
export function checkpoints(open: () => Promise<Connection>): Checkpoints {
  let timer: NodeJS.Timeout | undefined;
  let isDue = false;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  let database: Promise<Connection> | undefined;

  const copy = async (): Promise<void> => {
    isDue = false;
    database ??= open();
    // PASSIVE waits for no reader or writer, and none waits for it.
    await (await database).exec("PRAGMA wal_checkpoint(PASSIVE)");
  };

  const schedule = () => {
    timer = setTimeout(() => {
      // Pages that cannot be copied now stay in the log for the next checkpoint.
      running = copy()
        .catch(() => {})
        .then(() => {
          timer = undefined;
          if (isDue && !isStopped) schedule();
        });
    }, INTERVAL).unref();
  };

  return {
    committed() {
      isDue = true;
      if (!timer && !isStopped) schedule();
    },

    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
      (await database?.catch(() => undefined))?.close();
      database = undefined;
    },
  };
}
