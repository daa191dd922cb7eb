import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";

/** The answers that wait until others have been sent on their connection. */
const waiting = new WeakMap<Socket, Set<ServerResponse>>();

/**
 * A hook that ends the answers to pipelined requests with their connection. Node.js tells of the end of a connection only the answer
 * that is being sent on it; those behind it would count as in flight for ever.
 */
export function endPipelined({ raw }: FastifyRequest, reply: FastifyReply, next: HookHandlerDoneFunction) {
  const answer = reply.raw;
  if (answer.socket === null) {
    const behind = waiting.get(raw.socket) ?? endTogether(raw.socket);
    behind.add(answer);
    answer.once("close", () => behind.delete(answer));
  }
  next();
}

function endTogether(socket: Socket): Set<ServerResponse> {
  const answers = new Set<ServerResponse>();
  waiting.set(socket, answers);
  socket.once("close", () => {
    for (const answer of answers) {
      if (answer.socket !== null) continue;
      answer.destroy();
      answer.emit("close");
    }
  });
  return answers;
}
