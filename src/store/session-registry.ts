import type { Insertable, Selectable } from "kysely";
import type { ArchiveMode, ArchiveResolution, MediaMode, Session } from "../domain/session.ts";
import type { Database } from "./engine.ts";
import { countOfSessions, pageOfCreated, pageOfSessions } from "./session-queries.ts";
import type { SessionRegistry } from "./store.ts";
import type { SessionTable } from "./tables.ts";

/** The session registry in a SQL database. */
export function sessionRegistry({ kysely, reads, engine }: Database): SessionRegistry {
  return {
    async add(session) {
      await kysely.insertInto("sessions").values(toRow(session)).execute();
    },

    async limit(sessionId, maxParticipants) {
      const { numUpdatedRows } = await kysely
        .updateTable("sessions")
        .set({ max_participants: maxParticipants })
        .where("session_id", "=", sessionId)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async findMany(sessionIds) {
      const rows = await reads
        .selectFrom("sessions")
        .selectAll()
        .where("session_id", "in", sessionIds)
        .execute();
      return rows.map(toSession);
    },

    async list(applicationId, selection, limit, after) {
      const page = pageOfSessions(engine, applicationId, selection, limit, after);
      if (!page) return [];
      const { rows } = await engine.walk(reads, page);
      return rows.map((row) => ({ position: row.position, session: toSession(row) }));
    },

    async listCreated(applicationId, range, limit, after) {
      const page = pageOfCreated(engine, applicationId, range, limit, after);
      if (!page) return [];
      const { rows } = await engine.walk(reads, page);
      return rows.map((row) => ({ position: row.position, session: toSession(row) }));
    },

    async count(applicationId, selection, range, limit) {
      const counting = countOfSessions(engine, applicationId, selection, range, limit);
      if (!counting) return { looked: 0, count: 0 };
      const { rows } = await engine.walk(reads, counting);
      return { looked: Number(rows[0]?.looked), count: Number(rows[0]?.count) };
    },
  };
}

export function toRow(session: Session): Insertable<SessionTable> {
  return {
    session_id: session.sessionId,
    application_id: session.applicationId,
    name: session.name,
    media_mode: session.mediaMode,
    archive_mode: session.archiveMode,
    archive_name: session.archiveName,
    archive_resolution: session.archiveResolution,
    location: session.location,
    e2ee: session.e2ee === null ? null : Number(session.e2ee),
    created_at: session.createdAt?.getTime() ?? null,
    max_participants: session.maxParticipants,
  };
}

export function toSession(row: Selectable<SessionTable>): Session {
  return {
    sessionId: row.session_id,
    applicationId: row.application_id,
    name: row.name,
    mediaMode: row.media_mode as MediaMode | null,
    archiveMode: row.archive_mode as ArchiveMode | null,
    archiveName: row.archive_name,
    archiveResolution: row.archive_resolution as ArchiveResolution | null,
    location: row.location,
    e2ee: row.e2ee === null ? null : row.e2ee === 1,
    maxParticipants: row.max_participants,
    createdAt: row.created_at === null ? null : new Date(row.created_at),
    createdHere: true,
  };
}
