import { LeaveReason } from "../../domain/participant.ts";
import { Role } from "../../domain/role.ts";
import { tooLargeIn } from "../../domain/signal.ts";
import type { Participant } from "./participant.ts";
import type { ClientMessage } from "./protocol.ts";
import type { Room } from "./room.ts";
import { RoomRefusal } from "./room-refusal.ts";

/** A message of a client that is in a room. */
export type ParticipantMessage = Exclude<ClientMessage, { readonly type: "join" }>;

/** The roles that may send each message. Source: the platform's documentation of roles. */
const ALLOWED: Readonly<Record<ParticipantMessage["type"], readonly Role[]>> = {
  publish: [Role.PUBLISHER, Role.PUBLISHER_ONLY, Role.MODERATOR],
  unpublish: [Role.PUBLISHER, Role.PUBLISHER_ONLY, Role.MODERATOR],
  signal: [Role.SUBSCRIBER, Role.PUBLISHER, Role.MODERATOR],
  forceUnpublish: [Role.MODERATOR],
  forceDisconnect: [Role.MODERATOR],
  forceMute: [Role.MODERATOR],
  forceMuteAll: [Role.MODERATOR],
  leave: Object.values(Role),
};

/**
 * Does what a participant asks for.
 *
 * @throws {RoomRefusal} if its role does not allow it, or the stream or connection is not in the room
 */
export function act(room: Room, participant: Participant, message: ParticipantMessage, now: Date): void {
  const { connectionId } = participant.connection;
  const { role } = participant.grant;
  if (!ALLOWED[message.type].includes(role))
    throw new RoomRefusal(403, `the role ${role} does not allow ${message.type}`);
  switch (message.type) {
    case "publish":
      room.publish(participant, message.name ?? "", videoTypeOf(message), now);
      return;
    case "unpublish":
      if (room.publisherOf(message.streamId) !== participant) throw noStream("this connection");
      room.endStream(message.streamId, LeaveReason.CLIENT_DISCONNECTED, now);
      return;
    case "signal": {
      const { to = null, signalType = "", data = "" } = message;
      const problem = tooLargeIn({ type: signalType, data });
      if (problem !== null)
        throw new RoomRefusal(413, `${problem.field === "type" ? "signalType" : "data"} ${problem.rule}`);
      if (!room.signal(connectionId, to, signalType, data)) throw noConnection("to");
      return;
    }
    case "forceUnpublish":
      if (!room.endStream(message.streamId, "forceUnpublished", now)) throw noStream("the session");
      return;
    case "forceDisconnect":
      if (!room.remove(message.connectionId, LeaveReason.FORCE_DISCONNECTED, now))
        throw noConnection("connectionId");
      return;
    case "forceMute":
      if (!room.mute(message.streamId)) throw noStream("the session");
      return;
    case "forceMuteAll":
      room.muteAll(true, message.excludedStreamIds ?? []);
      return;
    case "leave":
      room.remove(connectionId, LeaveReason.CLIENT_DISCONNECTED, now);
  }
}

function videoTypeOf({ videoType }: { readonly videoType?: string | null }): string | null {
  return videoType === undefined ? "camera" : videoType;
}

function noStream(whose: string): RoomRefusal {
  return new RoomRefusal(404, `streamId must be a stream of ${whose}`);
}

function noConnection(field: string): RoomRefusal {
  return new RoomRefusal(404, `${field} must be a connection of the session`);
}
