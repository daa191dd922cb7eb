import { connect } from "node:net";
import type pg from "pg";
import { PATIENCE } from "./deadline.ts";

/** The code of a cancel request: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const CANCEL_REQUEST = 80_877_102;

/**
 * Asks PostgreSQL to end what it does for a connection that is given up. Without its synchronous standby a commit waits for
 * ever, whatever `statement_timeout` says and though the client is gone; such commits would soon have all `max_connections`.
 * The request has no secret but the connection's own key, which is of no use afterwards.
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
  // The connection is gone either way.
  socket.on("error", () => {});
  socket.setTimeout(PATIENCE, () => socket.destroy());
}
