import type { Role } from "./role.ts";

/** Why a participant left. The values are the platform's, except the last two. */
export enum LeaveReason {
  CLIENT_DISCONNECTED = "clientDisconnected",
  FORCE_DISCONNECTED = "forceDisconnected",
  NETWORK_DISCONNECTED = "networkDisconnected",
  MEDIA_IDLE = "mediaIdle",
  SERVER_ROTATION = "serverRotation",
  /** The platform gave another reason. */
  OTHER = "other",
  /** No event came: the platform no longer lists the connection. */
  UNKNOWN = "unknown",
}

/** What a stream shows. The values are the platform's. */
export enum VideoType {
  CAMERA = "camera",
  SCREEN = "screen",
  CUSTOM = "custom",
}

/** A client that is connected to a session, or was. */
export interface Participant {
  /** The node ID: `participantId` of the connection. */
  readonly id: string;
  /** The platform's ID of the connection, which is unique in the project. */
  readonly connectionId: string;
  readonly sessionId: string;
  /** The connection data of its token; null if unknown or empty, and always once it has left. */
  readonly data: string | null;
  /** The fingerprint of its connection data, even of data that cannot be stored; null if unknown, and always once it has left. */
  readonly fingerprint: string | null;
  /** The identity of its token; null if unknown, or if the tokens that fit differ. */
  readonly identity: string | null;
  /** The `jti` of its token; null unless exactly one token fits. */
  readonly tokenId: string | null;
  /** The role of its token; null if unknown, or if the tokens that fit differ. */
  readonly role: Role | null;
  readonly joinedAt: Date;
  readonly leftAt: Date | null;
  readonly leaveReason: LeaveReason | null;
}

/** The most streams of a participant that are shown, the latest. With more, the answer would exceed what its cost allows. */
export const MAX_SHOWN_STREAMS = 10;

/** A stream that a participant publishes now. */
export interface ParticipantStream {
  readonly id: string;
  readonly participantId: string;
  readonly name: string | null;
  /** Null for audio only. */
  readonly videoType: VideoType | null;
  readonly createdAt: Date;
}

const PREFIX = "p_";

/** The node ID of the participant with this connection. No other node ID begins so. */
export function participantId(connectionId: string): string {
  return `${PREFIX}${connectionId}`;
}

/** The connection of the participant with this node ID. */
export function connectionIdOf(id: string): string {
  return id.slice(PREFIX.length);
}

/** Whether a node ID can only be that of a participant. */
export function beginsAsParticipantId(id: string): boolean {
  return id.startsWith(PREFIX);
}
