import { type ExpressionBuilder, type Insertable, type Kysely, type Selectable, sql } from "kysely";
import type { ArchiveMode, ArchiveResolution, MediaMode, Session } from "../domain/session.ts";
import type { SessionSelection } from "../domain/session-selection.ts";
import type { SessionRegistry } from "./store.ts";
import type { SessionTable, Tables } from "./tables.ts";

/** The session registry in a SQL database. */
export function sessionRegistry(database: Kysely<Tables>): SessionRegistry {
  return {
    async add(session) {
      await database.insertInto("sessions").values(toRow(session)).execute();
    },

    async findMany(sessionIds) {
      const rows = await database
        .selectFrom("sessions")
        .selectAll()
        .where("session_id", "in", sessionIds)
        .execute();
      return rows.map(toSession);
    },

    async newest(applicationId, selection, limit, position) {
      let query = database.selectFrom("sessions").selectAll().where("application_id", "=", applicationId);
      if (!selection.all) query = query.where((row) => isSelected(row, selection));
      if (position !== null) query = query.where("position", "<", position);
      const rows = await query.orderBy("position", "desc").limit(limit).execute();
      return rows.map((row) => ({ position: row.position, session: toSession(row) }));
    },
  };
}

/** The rule of the domain's function of this name, for a database to apply. */
function isSelected(row: ExpressionBuilder<Tables, "sessions">, selection: SessionSelection) {
  const { ids, names, namePrefixes } = selection;
  return row.or([
    ...(ids.size > 0 ? [row("session_id", "in", [...ids])] : []),
    ...(names.size > 0 ? [row("name", "in", [...names])] : []),
    // In characters, as SQL counts them. Not LIKE, for which some characters are patterns and case is the database's.
    ...namePrefixes.map((prefix) => row(sql<string>`substr(name, 1, ${[...prefix].length})`, "=", prefix)),
  ]);
}

function toRow(session: Session): Insertable<SessionTable> {
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
  };
}

function toSession(row: Selectable<SessionTable>): Session {
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
    createdAt: row.created_at === null ? null : new Date(row.created_at),
  };
}
