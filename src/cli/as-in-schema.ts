import { type ConnectionToken, TokenFormat } from "../domain/connection-token.ts";
import { enumName } from "../domain/enum-name.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import { Role } from "../domain/role.ts";
import { ArchiveMode, ArchiveResolution, MediaMode, type Session } from "../domain/session.ts";
import { type TokenInspection, TokenStatus } from "../domain/token-inspection.ts";

/*
 * What the services give, with the fields and names of the types in schema.graphql. Dates are left to JSON, which writes them as
 * the schema's DateTime.
 */

/** As `ConnectionToken`, but for its session, of which it has the ID. */
export function tokenAsInSchema(token: ConnectionToken) {
  return {
    token: token.token,
    id: token.id,
    sessionId: token.sessionId,
    applicationId: token.applicationId,
    role: named(Role, token.role),
    data: token.data,
    initialLayoutClassList: token.initialLayoutClassList,
    format: named(TokenFormat, token.format),
    createdAt: token.createdAt,
    expiresAt: token.expiresAt,
    expireTime: token.expireTime,
  };
}

/** As `Session`. */
export function sessionAsInSchema(session: Session) {
  return {
    id: session.sessionId,
    sessionId: session.sessionId,
    applicationId: session.applicationId,
    name: session.name,
    mediaMode: named(MediaMode, session.mediaMode),
    archiveMode: named(ArchiveMode, session.archiveMode),
    archiveName: session.archiveName,
    archiveResolution: named(ArchiveResolution, session.archiveResolution),
    location: session.location,
    e2ee: session.e2ee,
    createdAt: session.createdAt,
    createdHere: session.createdHere,
  };
}

/** As `IssuedToken`, but for its session, of which it has the ID. */
export function issuedTokenAsInSchema(issued: IssuedToken) {
  return {
    id: issued.id,
    sessionId: issued.sessionId,
    role: named(Role, issued.role),
    issuedTo: issued.issuedTo,
    issuedAt: issued.issuedAt,
    expiresAt: issued.expiresAt,
  };
}

/**
 * As `TokenInspection`.
 *
 * @param createdHere whether the database knows the session; null when there is none, or the database cannot tell
 */
export function inspectionAsInSchema(inspection: TokenInspection, createdHere: boolean | null) {
  return {
    status: named(TokenStatus, inspection.status),
    reason: inspection.reason,
    format: named(TokenFormat, inspection.format),
    sessionId: inspection.sessionId,
    role: named(Role, inspection.role),
    data: inspection.data,
    initialLayoutClassList: inspection.initialLayoutClassList,
    createdAt: inspection.createdAt,
    expiresAt: inspection.expiresAt,
    createdHere,
  };
}

function named(names: Readonly<Record<string, string>>, value: string | null): string | null {
  return value === null ? null : (enumName(names, value) ?? value);
}
