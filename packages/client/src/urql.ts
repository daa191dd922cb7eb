import { type Client, createRequest } from "@urql/core";
import { useMemo } from "react";
import { useClient } from "urql";
import type { SendOperation } from "./token-source.ts";
import { useTokenSource, type VideoTokenOptions, type VideoTokenResult } from "./use-token-source.ts";

export type { VideoTokenOptions, VideoTokenResult } from "./use-token-source.ts";

/** Sends mutations with a client of urql. */
export function sendWithUrql(client: Client): SendOperation {
  return async (document, variables) => {
    const request = createRequest(document, variables as Record<string, unknown>);
    // Equal mutations have one key, and the end of the first would take the answer of the second.
    const key = Math.floor(Math.random() * 2 ** 32);
    const { data, error } = await client.executeMutation({ ...request, key }).toPromise();
    if (error) throw error;
    return data as never;
  };
}

/** A token for a room or a session, renewed while the component is mounted. Uses the client of urql's `Provider`. */
export function useVideoToken(options: VideoTokenOptions): VideoTokenResult {
  const client = useClient();
  return useTokenSource(
    useMemo(() => sendWithUrql(client), [client]),
    options,
  );
}
