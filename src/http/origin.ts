import type { FastifyRequest } from "fastify";
import type { Origin } from "../access/caller.ts";

/** Where a request comes from: its peer, unless a trusted proxy says who its client is. */
export function originOf({ id, address, raw }: FastifyRequest): Origin {
  return { requestId: id, address: address ?? raw.socket.remoteAddress };
}
