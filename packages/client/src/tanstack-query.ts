import type { DefaultOptions } from "@tanstack/react-query";
import { explain } from "./explain.ts";

export { useVideoToken, type VideoTokenOptions, type VideoTokenResult } from "./react.ts";

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
