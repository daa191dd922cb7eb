import type { EventConnection, EventStream, MonitoringEvent } from "../../domain/monitoring-event.ts";
import { LeaveReason } from "../../domain/participant.ts";
import type { RoomConnection, RoomStream } from "./protocol.ts";

type Without<E, K extends PropertyKey> = E extends unknown ? Omit<E, K> : never;

/** A change of a room: a monitoring event without the fields that all events have. */
export type RoomChange = Without<MonitoringEvent, "sessionId" | "projectId" | "timestamp">;

/** A change as the platform's payload. */
export function eventOf(
  sessionId: string,
  projectId: string,
  change: RoomChange,
  now: Date,
): MonitoringEvent {
  const { event, ...rest } = change;
  return { sessionId, projectId, event, timestamp: now.getTime(), ...rest } as MonitoringEvent;
}

/** Somebody joined. */
export function connectionCreated(connection: RoomConnection): RoomChange {
  return { event: "connectionCreated", connection: eventConnection(connection) };
}

/** Somebody left. The platform leaves the connection data out of this event. */
export function connectionDestroyed(connection: RoomConnection, reason: string): RoomChange {
  return { event: "connectionDestroyed", connection: eventConnection({ ...connection, data: "" }), reason };
}

/** Somebody began to publish. */
export function streamCreated(stream: RoomStream, publisher: RoomConnection): RoomChange {
  return { event: "streamCreated", stream: eventStream(stream, publisher) };
}

/** A stream ended. */
export function streamDestroyed(stream: RoomStream, publisher: RoomConnection, reason: string): RoomChange {
  return { event: "streamDestroyed", stream: eventStream(stream, publisher), reason };
}

/** The last one left. The platform has no `networkDisconnected` for the end of a session. */
export function sessionDestroyed(last: LeaveReason): RoomChange {
  const reason = last === LeaveReason.NETWORK_DISCONNECTED ? LeaveReason.CLIENT_DISCONNECTED : last;
  return { event: "sessionDestroyed", reason };
}

function eventConnection({ connectionId, createdAt, data }: RoomConnection): EventConnection {
  return { id: connectionId, createdAt, data };
}

function eventStream(stream: RoomStream, publisher: RoomConnection): EventStream {
  const { streamId, createdAt, name, videoType } = stream;
  return {
    id: streamId,
    connection: eventConnection(publisher),
    createdAt,
    name,
    ...(videoType !== null && { videoType }),
  };
}
