import type { Insertable, Kysely, Selectable } from "kysely";
import type { ArchiveMode, ArchiveResolution, MediaMode, Session } from "../domain/session.ts";
import type { SessionSelection } from "../domain/session-selection.ts";
import type { Database } from "./engine.ts";
import type { SessionRegistry } from "./store.ts";
import type { SessionTable, Tables } from "./tables.ts";

/** Sorted after all that a name may have. */
const LAST_CHARACTER = "\u{10FFFF}";

/** The session registry in a SQL database. */
export function sessionRegistry({ kysely: database }: Database): SessionRegistry {
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
      let query = among(database, applicationId, selection)?.selectAll();
      if (!query) return [];
      if (position !== null) query = query.where("position", "<", position);
      const rows = await query.orderBy("position", "desc").limit(limit).execute();
      return rows.map((row) => ({ position: row.position, session: toSession(row) }));
    },

    async count(applicationId, selection, limit) {
      const query = among(database, applicationId, selection);
      if (!query) return 0;
      const { count } = await database
        .selectFrom(query.select("position").limit(limit).as("counted"))
        .select(({ fn }) => fn.countAll().as("count"))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
  };
}

/** The project's selected sessions; undefined for none. */
function among(database: Kysely<Tables>, applicationId: string, selection: SessionSelection) {
  const sessions = database.selectFrom("sessions").where("application_id", "=", applicationId);
  if (selection.all) return sessions;
  const positions = selected(database, applicationId, selection);
  return positions && sessions.where("position", "in", positions);
}

/**
 * The positions of what the domain's `isSelected` selects; undefined for nothing. Each rule is a query of its own: with one for all, the database
 * would look at every session of the project instead of using its indexes of IDs and names.
 */
function selected(
  database: Kysely<Tables>,
  applicationId: string,
  { ids, names, namePrefixes }: SessionSelection,
) {
  const positions = database
    .selectFrom("sessions")
    .select("position")
    .where("application_id", "=", applicationId);
  const byPrefix = namePrefixes.map((prefix) =>
    // Not LIKE, for which some characters are patterns and case is the database's.
    positions.where("name", ">=", prefix).where("name", "<=", `${prefix}${LAST_CHARACTER}`),
  );
  const byId = ids.size > 0 ? [positions.where("session_id", "in", [...ids])] : [];
  const byName = names.size > 0 ? [positions.where("name", "in", [...names])] : [];
  const [first, ...others] = [...byId, ...byName, ...byPrefix];
  return others.reduce((all, some) => all?.union(some), first);
}

/** A session as a row. */
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
  };
}

/** A row as a session. */
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
    createdAt: row.created_at === null ? null : new Date(row.created_at),
  };
}
