import type { Role } from "../../domain/role.ts";
import type { RoomConnection, RoomStream, ServerMessage } from "./protocol.ts";

/** What the token of a client allows. */
export interface RoomGrant {
  readonly sessionId: string;
  readonly role: Role;
  /** Empty if the token has none. */
  readonly data: string;
  readonly initialLayoutClassList: readonly string[];
}

/** A client as its room sees it. Both methods return at once, and call the room only later. */
export interface RoomClient {
  receive(message: ServerMessage): void;
  /** The client is in the room no longer. */
  end(): void;
}

/** A client in a room. */
export interface Participant {
  readonly connection: RoomConnection;
  readonly grant: RoomGrant;
  readonly client: RoomClient;
  readonly streams: Set<PublishedStream>;
}

/** A stream in a room. */
export interface PublishedStream {
  readonly stream: RoomStream;
  readonly publisher: Participant;
  layoutClassList: readonly string[];
}
