import type { IncomingMessage } from "node:http";

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
