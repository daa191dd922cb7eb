import type { Ban } from "../domain/ban.ts";
import { type ConnectionToken, TokenFormat } from "../domain/connection-token.ts";
import { enumName } from "../domain/enum-name.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import { LeaveReason, type Participant } from "../domain/participant.ts";
import { Role } from "../domain/role.ts";
import { ArchiveMode, ArchiveResolution, MediaMode, type Session } from "../domain/session.ts";
import { type TokenInspection, TokenStatus } from "../domain/token-inspection.ts";

/*
 * Results of the services, with the field names and enum names of schema.graphql. JSON.stringify writes a Date as the schema's
 * DateTime.
 */

/** A `ConnectionToken` of the schema, with the session's ID in place of the session. */
export function tokenAsInSchema(token: ConnectionToken) {
  return {
    token: token.token,
    id: token.id,
    sessionId: token.sessionId,
    applicationId: token.applicationId,
    role: named(Role, token.role),
    data: token.data,
    identity: token.identity,
    initialLayoutClassList: token.initialLayoutClassList,
    format: named(TokenFormat, token.format),
    createdAt: token.createdAt,
    expiresAt: token.expiresAt,
    expireTime: token.expireTime,
  };
}

/** A `Session` of the schema. */
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
    maxParticipants: session.maxParticipants,
    createdAt: session.createdAt,
    createdHere: session.createdHere,
  };
}

/** An `IssuedToken` of the schema, with the session's ID in place of the session. */
export function issuedTokenAsInSchema(issued: IssuedToken) {
  return {
    id: issued.id,
    sessionId: issued.sessionId,
    role: named(Role, issued.role),
    issuedTo: issued.issuedTo,
    identity: issued.identity,
    issuedAt: issued.issuedAt,
    expiresAt: issued.expiresAt,
    revokedAt: issued.revokedAt,
  };
}

/** A `Participant` of the schema, with the IDs of the session and the token in place of them. */
export function participantAsInSchema(participant: Participant) {
  return {
    id: participant.id,
    connectionId: participant.connectionId,
    sessionId: participant.sessionId,
    data: participant.data,
    identity: participant.identity,
    tokenId: participant.tokenId,
    role: named(Role, participant.role),
    joinedAt: participant.joinedAt,
    leftAt: participant.leftAt,
    leaveReason: named(LeaveReason, participant.leaveReason),
  };
}

/** A `Ban` of the schema, with the session's ID in place of the session. */
export function banAsInSchema(ban: Ban) {
  return {
    id: ban.id,
    identity: ban.identity,
    sessionId: ban.sessionId,
    until: ban.until,
    createdAt: ban.createdAt,
    createdBy: ban.createdBy,
    liftedAt: ban.liftedAt,
    isActive: ban.isActive,
  };
}

/**
 * A `TokenInspection` of the schema.
 *
 * @param createdHere whether the database has the session; null if the token names no session or the database cannot be read
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
