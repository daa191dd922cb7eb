import { join } from "node:path";
import Libsql from "libsql";
import { onTestFinished } from "vitest";
import { composeSessionId } from "../../src/domain/session-id.ts";
import { serverForTest } from "./server.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** The clock of the servers with counted ledgers. */
export const NOW = new Date("2026-11-24T09:30:15.123Z");

/** A server with a database file, and another connection to it. */
export async function startWithFile(env: Record<string, string> = {}) {
  const file = join(temporaryFolder(), "test.db");
  const server = await serverForTest({ DATABASE_URL: `file:${file}`, ...env }, () => NOW);
  const database = new Libsql(file, { timeout: 2000 });
  onTestFinished(() => {
    database.close();
  });
  return { server, file, database };
}

/** Records this many tokens for a session, issued at this interval. */
export function insert(
  database: Libsql.Database,
  sessionId: string,
  count: number,
  from: number,
  step: number,
) {
  database
    .prepare(
      `INSERT INTO issued_tokens (id, session_id, role, format, issued_to, issued_at, expires_at)
       WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
       SELECT 'x', ?, 'moderator', 'JWT', '', ? + i * ?, 0 FROM n`,
    )
    .run(count, sessionId, from, step);
}

/** The ID of a session that is not registered. */
export const neverCreated = (owner: string) =>
  composeSessionId({ owner, location: null, createdAt: NOW, random: "never".padEnd(24, "0") });
