import type { EventConnection, EventStream, MonitoringEvent } from "./monitoring-event.ts";
import { LeaveReason, VideoType } from "./participant.ts";
import { isStorable } from "./text.ts";

/** When and why a participant left. */
export interface Leave {
  /** In epoch milliseconds. */
  readonly at: number;
  readonly reason: LeaveReason;
}

/** A stream of a participant, or the mark of one that has ended. */
export interface StreamState {
  readonly id: string;
  readonly name: string | null;
  readonly videoType: VideoType | null;
  /** In epoch milliseconds. */
  readonly createdAt: number;
  readonly isEnded: boolean;
}

/** What an event, or a list of the platform, tells about one participant. */
export interface Observation {
  readonly sessionId: string;
  readonly connectionId: string;
  /** In epoch milliseconds. */
  readonly joinedAt: number;
  /** The connection data, empty if its token has none; null if the observation does not tell. */
  readonly data: string | null;
  readonly leave: Leave | null;
  readonly stream: StreamState | null;
  /** Whether the platform lists the connection now. */
  readonly isListed: boolean;
}

/** The longest ID of a connection or a stream, in UTF-16 code units; the platform's have 36. */
const MAX_ID_LENGTH = 255;

/** What an event tells; null if it is about no participant, or if its values cannot be stored. */
export function observationOf(event: MonitoringEvent): Observation | null {
  const { sessionId, timestamp: at } = event;
  switch (event.event) {
    case "connectionCreated": {
      const { connection } = event;
      return observed(sessionId, connection, { data: connection.data });
    }
    case "connectionDestroyed":
      return isTime(at)
        ? observed(sessionId, event.connection, { leave: { at, reason: reasonOf(event.reason) } })
        : null;
    case "streamCreated": {
      const { data } = event.stream.connection;
      // Empty may mean unknown: only the event of a connection tells for sure.
      return ofStream(sessionId, event.stream, false, data || null);
    }
    case "streamDestroyed":
      return ofStream(sessionId, event.stream, true, null);
    default:
      return null;
  }
}

function ofStream(sessionId: string, stream: EventStream, isEnded: boolean, data: string | null) {
  const { id, connection, createdAt, name, videoType } = stream;
  if (!isPlatformId(id) || !isTime(createdAt)) return null;
  const state: StreamState = {
    id,
    name: isEnded || !isStorable(name) ? null : name,
    videoType: isEnded || videoType === undefined ? null : videoTypeOf(videoType),
    createdAt,
    isEnded,
  };
  return observed(sessionId, connection, { data, stream: state });
}

function observed(
  sessionId: string,
  { id, createdAt }: EventConnection,
  told: Partial<Observation>,
): Observation | null {
  if (!isPlatformId(id) || !isTime(createdAt)) return null;
  const nothing = { data: null, leave: null, stream: null, isListed: false };
  return { sessionId, connectionId: id, joinedAt: createdAt, ...nothing, ...told };
}

/** Whether this can be the platform's ID of a connection or a stream. */
export function isPlatformId(id: string): boolean {
  return id.length > 0 && id.length <= MAX_ID_LENGTH && isStorable(id);
}

function isTime(time: number): boolean {
  return Number.isInteger(time) && !Number.isNaN(new Date(time).getTime());
}

function reasonOf(reason: string): LeaveReason {
  const known = Object.values(LeaveReason).find((each) => each === reason);
  return known === undefined || known === LeaveReason.UNKNOWN ? LeaveReason.OTHER : known;
}

/** A video type that this version does not know is still video. */
function videoTypeOf(videoType: string): VideoType {
  return Object.values(VideoType).find((each) => each === videoType) ?? VideoType.CUSTOM;
}
