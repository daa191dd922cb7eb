/** A client that joined a session. What it hears is complete when the call that caused it has ended. */
export interface JoinedClient {
  readonly connectionId: string;
  /** The signals that it heard from servers. */
  readonly signals: readonly { readonly type: string; readonly data: string }[];
  /** The IDs of its streams that were muted. */
  readonly muted: readonly string[];
  isConnected(): boolean;
  /** Returns the ID of the stream. */
  publish(name: string, videoType: string | null): string;
  leave(): void;
}
