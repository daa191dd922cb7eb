import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";

/**
 * A hook that ends the answers to pipelined requests when their connection ends. Node.js ends only the answer that it is sending; the
 * others would stay in flight forever.
 */
export function endPipelined({ raw }: FastifyRequest, reply: FastifyReply, next: HookHandlerDoneFunction) {
  const answer = reply.raw;
  const { socket } = raw;
  if (answer.socket === null) {
    const end = () => {
      if (answer.socket === null) answer.destroy().emit("close");
    };
    // A client may send any number of requests behind a slow one.
    socket.setMaxListeners(0).once("close", end);
    answer.once("close", () => socket.off("close", end));
  }
  next();
}
