import { arch, platform } from "node:os";
import { reasonOf, StartupError } from "../errors.ts";
import type { Libsql } from "./sqlite-driver.ts";

/**
 * Opens a database with SQLite. Its binary is an optional package for each platform. Only this function loads it, so a server
 * with PostgreSQL does not need it.
 *
 * @param timeout how long SQLite itself waits for a lock, in milliseconds.
 * @throws {StartupError} if the binary is missing or cannot be loaded
 */
export async function openLibsql(path: string, timeout: number): Promise<Libsql> {
  const { default: Database } = await import("libsql/promise").catch((error: unknown) => {
    const [reason] = reasonOf(error).split("\n");
    throw new StartupError([
      `DATABASE_URL: SQLite cannot be loaded on ${platform()}-${arch()}: ${reason}. Reinstall Stagepass on this system with its optional packages (npm install without --omit=optional), or use PostgreSQL`,
    ]);
  });
  return new Database(path, { timeout }) as unknown as Libsql;
}
