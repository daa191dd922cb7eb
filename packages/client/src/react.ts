import type { SendOperation } from "./token-source.ts";
import { useTokenSource, type VideoTokenOptions, type VideoTokenResult } from "./use-token-source.ts";

export type { VideoTokenOptions, VideoTokenResult } from "./use-token-source.ts";

/**
 * A token for a room or a session, renewed while the component is mounted. It is in no cache, which tools show and
 * persisters store.
 *
 * @param send sends operations, such as `sendWithFetch`; it must be a stable function, because a new one starts anew
 */
export function useVideoToken(send: SendOperation, options: VideoTokenOptions): VideoTokenResult {
  return useTokenSource(send, options);
}
