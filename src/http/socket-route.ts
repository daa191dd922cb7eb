import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";

/** An open socket, as far as its path needs to know. */
export interface OpenedSocket {
  /** The ID of its opening request, also in `x-request-id`. */
  readonly requestId: string;
  /** The client's address, from a trusted proxy if there is one. */
  readonly address: string | undefined;
  /** The client's address from a trusted proxy; null without one. */
  readonly named: string | null;
  /** Notes the caller's ID, for the log. Then the limit on sockets without a caller no longer counts it. */
  know(callerId: string): void;
  /** Closes the socket with a reason of at most 123 bytes, which is also in the log. */
  close(code: number, reason: string): void;
}

/** A path at which the server accepts WebSockets. */
export interface SocketRoute {
  readonly path: string;
  /** The subprotocol that clients must offer; null for none. */
  readonly protocol: string | null;
  /** The longest message, in bytes. */
  readonly maxPayload: number;
  /** Whether its clients authenticate after the opening. Until then, their number is limited. */
  readonly authenticates?: boolean;
  /** Called with each new socket and its opening request, which it should not keep. */
  accept(socket: WebSocket, request: IncomingMessage, opened: OpenedSocket): void;
}
