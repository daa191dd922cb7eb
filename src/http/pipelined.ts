import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";

/**
 * A hook that ends the answers to pipelined requests with their connection. Node.js tells of the end of a connection only the answer
 * that is being sent on it; those behind it would count as in flight for ever.
 */
export function endPipelined({ raw }: FastifyRequest, reply: FastifyReply, next: HookHandlerDoneFunction) {
  const answer = reply.raw;
  const { socket } = raw;
  if (answer.socket === null) {
    const end = () => {
      if (answer.socket === null) answer.destroy().emit("close");
    };
    // As many as a client sends behind one that is slow.
    socket.setMaxListeners(0).once("close", end);
    answer.once("close", () => socket.off("close", end));
  }
  next();
}
