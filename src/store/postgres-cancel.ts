import { connect } from "node:net";
import type pg from "pg";
import { PATIENCE } from "./deadline.ts";

/** The code of a cancel request: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const CANCEL_REQUEST = 80_877_102;

/**
 * Asks PostgreSQL to cancel the statement of an abandoned connection. If the synchronous standby is away, a commit waits
 * forever: neither `statement_timeout` nor the end of the client stops it. Such commits would soon use up `max_connections`.
 * The only secret in the request is the connection's own key, which is useless afterwards.
 */
export function cancel(client: pg.PoolClient): void {
  // pg's types lack both.
  const { processID, secretKey } = client as unknown as Record<"processID" | "secretKey", number>;
  const request = Buffer.alloc(16);
  [request.length, CANCEL_REQUEST, processID, secretKey].forEach((value, i) => {
    request.writeInt32BE(value, 4 * i);
  });
  const { host, port } = client;
  const address = host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
  const socket = connect(address, () => socket.end(request));
  // The connection is closed in any case.
  socket.on("error", () => {});
  socket.setTimeout(PATIENCE, () => socket.destroy());
}
