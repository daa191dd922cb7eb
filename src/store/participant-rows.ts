import type { Selectable } from "kysely";
import type { StreamState } from "../domain/observation.ts";
import {
  connectionIdOf,
  type LeaveReason,
  type Participant,
  type ParticipantStream,
  type VideoType,
} from "../domain/participant.ts";
import type { ParticipantState } from "../domain/participant-state.ts";
import type { Role } from "../domain/role.ts";
import type { ParticipantStreamTable, ParticipantTable } from "./tables.ts";

type ParticipantRow = Selectable<ParticipantTable>;
type StreamRow = Selectable<ParticipantStreamTable>;

/** The columns of a state; the database assigns the position, and `change` is the caller's. */
export function toParticipantRow(state: ParticipantState, change: number): Omit<ParticipantRow, "position"> {
  return {
    id: state.id,
    session_id: state.sessionId,
    data: state.data,
    token_id: state.tokenId,
    identity: state.identity,
    role: state.role,
    joined_at: state.joinedAt,
    left_at: state.leave?.at ?? null,
    leave_reason: state.leave?.reason ?? null,
    change,
    data_fingerprint: state.fingerprint,
  };
}

export function toState(row: ParticipantRow, streams: readonly StreamRow[]): ParticipantState {
  return {
    id: row.id,
    sessionId: row.session_id,
    data: row.data,
    fingerprint: row.data_fingerprint,
    tokenId: row.token_id,
    identity: row.identity,
    role: row.role as Role | null,
    joinedAt: row.joined_at,
    leave: row.left_at === null ? null : { at: row.left_at, reason: row.leave_reason as LeaveReason },
    streams: new Map(streams.map((stream) => [stream.stream_id, toStreamState(stream)])),
  };
}

export function toParticipant(row: ParticipantRow): Participant {
  return {
    id: row.id,
    connectionId: connectionIdOf(row.id),
    sessionId: row.session_id,
    data: row.data || null,
    fingerprint: row.data_fingerprint,
    identity: row.identity,
    tokenId: row.token_id,
    role: row.role as Role | null,
    joinedAt: new Date(row.joined_at),
    leftAt: row.left_at === null ? null : new Date(row.left_at),
    leaveReason: row.leave_reason as LeaveReason | null,
  };
}

export function toStreamRow(participantId: string, stream: StreamState): StreamRow {
  return {
    participant_id: participantId,
    stream_id: stream.id,
    name: stream.name,
    video_type: stream.videoType,
    created_at: stream.createdAt,
    is_ended: Number(stream.isEnded),
  };
}

export function toStream(row: StreamRow): ParticipantStream {
  return {
    id: row.stream_id,
    participantId: row.participant_id,
    name: row.name,
    videoType: row.video_type as VideoType | null,
    createdAt: new Date(row.created_at),
  };
}

function toStreamState(row: StreamRow): StreamState {
  return {
    id: row.stream_id,
    name: row.name,
    videoType: row.video_type as VideoType | null,
    createdAt: row.created_at,
    isEnded: row.is_ended === 1,
  };
}
