import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";

/** A path at which the server accepts WebSockets. */
export interface SocketRoute {
  readonly path: string;
  /** The subprotocol that clients must offer; null for none. */
  readonly protocol: string | null;
  /** The longest message, in bytes. */
  readonly maxPayload: number;
  /** Called with each new socket and its opening request. */
  accept(socket: WebSocket, request: IncomingMessage): void;
}
