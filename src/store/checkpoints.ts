/** How long after a commit what it wrote is copied into the file, with all that was committed meanwhile, in milliseconds. */
const INTERVAL = 200;

/** What a checkpoint needs of a connection. */
interface Connection {
  exec(sql: string): Promise<void>;
  close(): void;
}

/** Checkpoints of SQLite beside the commits. */
export interface Checkpoints {
  /** Is told of every commit. */
  committed(): void;

  /** Resolves when none is made any more. */
  stop(): Promise<void>;
}

/** For a database that is in memory only, or left soon. */
export const NO_CHECKPOINTS: Checkpoints = { committed() {}, async stop() {} };

/**
 * Copies what the write-ahead log holds into the database's file, over a connection of their own. SQLite by itself does so in
 * the middle of a commit, whenever the log has a thousand pages, and whoever waits for that commit waits for all of them.
 * Where most is copied already, it has little to do.
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
    // PASSIVE waits for nobody, and nobody for it.
    await (await database).exec("PRAGMA wal_checkpoint(PASSIVE)");
  };

  const schedule = () => {
    timer = setTimeout(() => {
      // What cannot be copied now stays in the log, and is copied later.
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
