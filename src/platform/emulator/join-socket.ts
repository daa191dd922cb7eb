/** The socket of a client. Its methods do not throw if it is closed. */
export interface JoinSocket {
  /** The bytes that were sent but are not yet on their way. */
  readonly bufferedAmount: number;
  send(text: string): void;
  ping(): void;
  /** Sends what waits, then closes. */
  close(code: number): void;
  /** Closes at once. */
  terminate(): void;
}

/** What the socket layer tells about one socket. */
export interface JoinListener {
  /** Whether the client is in a room, or was. */
  readonly hasJoined: boolean;
  /** @param text null for a binary message */
  message(text: string | null): void;
  pong(): void;
  closed(): void;
}
