/** The messages of the WebSocket `/local/join`. docs/platforms.md describes them. */

/** A message to the server, after `join`. */
export type ClientMessage =
  | { readonly type: "publish"; readonly name: string; readonly videoType: string | null }
  | { readonly type: "unpublish" | "forceUnpublish" | "forceMute"; readonly streamId: string }
  | { readonly type: "signal"; readonly to?: string; readonly signalType: string; readonly data: string }
  | { readonly type: "forceDisconnect"; readonly connectionId: string }
  | { readonly type: "forceMuteAll"; readonly excludedStreamIds: readonly string[] }
  | { readonly type: "leave" };

/** A connection of the room. */
export interface RoomConnection {
  readonly connectionId: string;
  readonly createdAt: number;
  readonly data: string;
}

/** A stream of the room. */
export interface RoomStream {
  readonly streamId: string;
  readonly connectionId: string;
  readonly createdAt: number;
  readonly name: string;
  readonly videoType: "camera" | "screen" | "custom" | null;
}

/** A message of the server. */
export type ServerMessage =
  | (RoomConnection & {
      readonly type: "joined";
      readonly sessionId: string;
      readonly role: string;
      readonly connections: readonly RoomConnection[];
      readonly streams: readonly RoomStream[];
    })
  | { readonly type: "connectionCreated"; readonly connection: RoomConnection }
  | { readonly type: "connectionDestroyed"; readonly connectionId: string; readonly reason: string }
  | { readonly type: "published" | "streamCreated"; readonly stream: RoomStream }
  | { readonly type: "streamDestroyed"; readonly streamId: string; readonly reason: string }
  | { readonly type: "signal"; readonly from: string; readonly signalType: string; readonly data: string }
  | { readonly type: "muted"; readonly streamId: string }
  | { readonly type: "disconnected"; readonly reason: string }
  | { readonly type: "error"; readonly code: string; readonly message: string };
