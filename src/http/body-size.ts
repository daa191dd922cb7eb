import type { IncomingMessage } from "node:http";

/** The largest body of a request, in bytes: about 500 bytes for each token of a batch of 1000. */
export const BODY_LIMIT = 512 * 1024;

/** The message for a larger body. */
export const TOO_LARGE = `The body has more than ${BODY_LIMIT / 1024} KB; split it: ask for fewer tokens in each generateTokens`;

/** The most bytes to discard of a refused body: more than the proxy of compose.yaml forwards. */
export const DROPPED_LIMIT = 8 * 1024 * 1024;

/**
 * Reads and discards the rest of a refused body. Otherwise a client that sends everything before it reads, as a proxy may, would get
 * a connection reset and no answer. The timeout of requests still applies.
 */
export function dropBody(request: IncomingMessage): void {
  if (request.complete) return;
  let dropped = 0;
  request.on("data", (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > DROPPED_LIMIT) request.destroy();
  });
  request.resume();
}
