import { Role } from "../../domain/role.ts";
import { type TokenInspection, TokenStatus } from "../../domain/token-inspection.ts";
import { JoinClient } from "./join-client.ts";
import type { JoinListener, JoinSocket } from "./join-socket.ts";
import type { RoomGrant } from "./participant.ts";
import type { ServerMessage } from "./protocol.ts";
import { RoomRefusal } from "./room-refusal.ts";
import type { Rooms } from "./rooms.ts";

/** The clients of `/local/join`. */
export interface JoinHandler {
  accept(socket: JoinSocket): JoinListener;
  /** Must run every five seconds: it disconnects silent clients, and those that do not join. */
  checkClients(): void;
}

/**
 * Lets clients into the rooms. The server limits the sockets that have not joined.
 *
 * @param inspect inspects a token as the platform does: its signature, session, times and claims
 */
export function joinHandler(
  rooms: Rooms,
  inspect: (token: string, now: Date) => TokenInspection,
  now: () => Date,
): JoinHandler {
  const clients = new Set<JoinClient>();
  const textOf = textOfLast();
  const grantOf = (token: string, at: Date) => grantIn(inspect(token, at));
  return {
    accept(socket) {
      const client = new JoinClient({ socket, rooms, grantOf, textOf, now }, () => clients.delete(client));
      clients.add(client);
      return client;
    },
    checkClients() {
      for (const client of clients) client.check();
    },
  };
}

/** Serializes messages. A room sends one message to all its clients, so the text of the last message is kept. */
function textOfLast(): (message: ServerMessage) => string {
  let last: { readonly message: ServerMessage; readonly text: string } | null = null;
  return (message) => {
    if (last?.message !== message) last = { message, text: JSON.stringify(message) };
    return last.text;
  };
}

/** @throws {RoomRefusal} without the token, unless a client can connect with it */
function grantIn({
  status,
  reason,
  sessionId,
  role,
  data,
  initialLayoutClassList,
}: TokenInspection): RoomGrant {
  if (status === TokenStatus.EXPIRED) throw new RoomRefusal(401, "the token has expired");
  if (status !== TokenStatus.ACTIVE || sessionId === null)
    throw new RoomRefusal(401, `the token is invalid: ${reason}`);
  return {
    sessionId,
    role: role ?? Role.PUBLISHER,
    data: data ?? "",
    initialLayoutClassList: initialLayoutClassList ?? [],
  };
}
