/**
 * The JSON messages of the WebSocket `/local/join`. The first message of a client is `join`; the server answers `joined`, or `error`
 * and closes. Instants are in epoch milliseconds.
 */

/** A message from a client. */
export type ClientMessage =
  /** Joins the session of the token. */
  | { readonly type: "join"; readonly token: string }
  /** Publishes a stream; the answer is `published`. `videoType` defaults to `camera`; null is audio only. */
  | { readonly type: "publish"; readonly name?: string; readonly videoType?: string | null }
  /** Ends one of its own streams. */
  | { readonly type: "unpublish"; readonly streamId: string }
  /** Sends a signal to one connection, or to every connection of the session without `to`. */
  | {
      readonly type: "signal";
      readonly to?: string;
      readonly signalType?: string;
      readonly data?: string;
    }
  /** For moderators: ends a stream of another connection, disconnects it, or mutes it. */
  | { readonly type: "forceUnpublish"; readonly streamId: string }
  | { readonly type: "forceDisconnect"; readonly connectionId: string }
  | { readonly type: "forceMute"; readonly streamId: string }
  | { readonly type: "forceMuteAll"; readonly excludedStreamIds?: readonly string[] }
  /** Leaves the session; the server closes the socket. */
  | { readonly type: "leave" };

/** A connection, as clients see it. */
export interface RoomConnection {
  readonly connectionId: string;
  readonly createdAt: number;
  readonly data: string;
}

/** A stream, as clients see it. */
export interface RoomStream {
  readonly streamId: string;
  readonly connectionId: string;
  readonly createdAt: number;
  readonly name: string;
  /** Null for audio only. */
  readonly videoType: string | null;
}

/** A message to a client. */
export type ServerMessage =
  | (RoomConnection & {
      readonly type: "joined";
      readonly sessionId: string;
      readonly role: string;
      /** The other connections and their streams. Empty for `publisheronly`. */
      readonly connections: readonly RoomConnection[];
      readonly streams: readonly RoomStream[];
    })
  | { readonly type: "connectionCreated"; readonly connection: RoomConnection }
  | { readonly type: "connectionDestroyed"; readonly connectionId: string; readonly reason: string }
  | { readonly type: "published"; readonly stream: RoomStream }
  | { readonly type: "streamCreated"; readonly stream: RoomStream }
  | { readonly type: "streamDestroyed"; readonly streamId: string; readonly reason: string }
  /** `from` is empty for a signal of a server. */
  | {
      readonly type: "signal";
      readonly from: string;
      readonly signalType: string;
      readonly data: string;
    }
  /** One of the client's own streams was muted. */
  | { readonly type: "muted"; readonly streamId: string }
  /** The client was disconnected; the socket closes. */
  | { readonly type: "disconnected"; readonly reason: string }
  /** The last message was refused. */
  | { readonly type: "error"; readonly code: string; readonly message: string };
