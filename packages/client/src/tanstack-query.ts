import type { DefaultOptions } from "@tanstack/react-query";
import { explain } from "./explain.ts";
import type { SendOperation } from "./token-source.ts";
import { useTokenSource, type VideoTokenOptions, type VideoTokenResult } from "./use-token-source.ts";

export type { VideoTokenOptions, VideoTokenResult } from "./use-token-source.ts";

/** How often TanStack Query repeats a request. */
const RETRIES = 3;

/**
 * Options for `new QueryClient({ defaultOptions })`: a query is repeated only if its error is retryable, and not before
 * the server's `retryAfter`. Results of mutations, which can be tokens, leave the cache when nothing shows them.
 */
export const defaultOptions: DefaultOptions = {
  queries: {
    retry: (failures, error) => failures < RETRIES && explain(error).retryable,
    retryDelay: (failures, error) => Math.max((explain(error).retryAfter ?? 0) * 1000, 1000 * 2 ** failures),
  },
  mutations: { gcTime: 0 },
};

/**
 * A token for a room or a session, renewed while the component is mounted. It is not in the query cache, which tools
 * show and persisters store.
 *
 * @param send sends operations, such as `sendWithFetch`; it must be a stable function, because a new one starts anew
 */
export function useVideoToken(send: SendOperation, options: VideoTokenOptions): VideoTokenResult {
  return useTokenSource(send, options);
}
