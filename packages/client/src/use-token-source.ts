import { useMemo, useSyncExternalStore } from "react";
import {
  type SendOperation,
  type TokenRequest,
  VideoTokenSource,
  type VideoTokenState,
} from "./token-source.ts";

/** What `useVideoToken` takes. */
export type VideoTokenOptions = TokenRequest & {
  /**
   * With false, the hook neither asks nor renews, and keeps the token that it has. A connected client needs no new token,
   * so set it to false during a call. The default is true.
   */
  readonly enabled?: boolean | undefined;
};

/** What `useVideoToken` returns. */
export type VideoTokenResult = VideoTokenState & {
  /** Asks now, for example after the user logged in. */
  readonly retry: () => void;
};

const subscribeToNothing = () => () => {};

/** Keeps a token while a component is mounted. A new `send` or other options start anew. */
export function useTokenSource(send: SendOperation, options: VideoTokenOptions): VideoTokenResult {
  const { enabled = true, room, sessionId, mediaMode, role, identity, data, expiresIn } = options;
  const source = useMemo(() => {
    const token = { role, identity, data, expiresIn };
    const request = sessionId === undefined ? { room, mediaMode, ...token } : { sessionId, ...token };
    return new VideoTokenSource(send, request as TokenRequest);
  }, [send, room, sessionId, mediaMode, role, identity, data, expiresIn]);
  const state = useSyncExternalStore(
    enabled ? source.subscribe : subscribeToNothing,
    source.getSnapshot,
    source.getSnapshot,
  );
  return useMemo(() => ({ ...state, retry: source.retry }), [state, source]);
}
