import type { IncomingMessage } from "node:http";

/** The largest body of a request, in bytes. A batch of a thousand tokens has room for some 500 bytes each. */
export const BODY_LIMIT = 512 * 1024;

/** What is answered to a larger one. */
export const TOO_LARGE = `The body has more than ${BODY_LIMIT / 1024} KB; split it: ask for fewer tokens in each generateTokens`;

/** The most of a body that is read and dropped, in bytes: more than what the proxy of compose.yaml lets through. */
export const DROPPED_LIMIT = 8 * 1024 * 1024;

/**
 * Reads and drops what is still to come of a body that is refused: who sends all of it before they read, as a proxy may, would
 * otherwise find the connection reset, and no answer. It has no more time than any other request.
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
