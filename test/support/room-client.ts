import { once } from "node:events";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { ClientMessage, ServerMessage } from "../../src/platform/emulator/protocol.ts";

type Message<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;

/** A client of `/local/join`, which ends with the test. It has sent `first`. */
export async function roomClient(origin: string, first: ClientMessage) {
  const socket = new WebSocket(`${origin.replace("http", "ws")}/local/join`);
  onTestFinished(() => socket.terminate());
  const unread: ServerMessage[] = [];
  socket.on("message", (bytes) => unread.push(JSON.parse(bytes.toString())));
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  // The close event follows.
  socket.on("error", () => {});
  await once(socket, "open");
  socket.send(JSON.stringify(first));
  return {
    /** The code with which the server closed the connection. */
    closed,
    /** The messages that `next` has not taken. */
    unread,
    send: (message: ClientMessage) => socket.send(JSON.stringify(message)),
    close: () => socket.close(),
    /** Takes the next message of this type. */
    async next<T extends ServerMessage["type"]>(type: T): Promise<Message<T>> {
      for (;;) {
        const index = unread.findIndex((message) => message.type === type);
        if (index !== -1) return unread.splice(index, 1)[0] as Message<T>;
        if (socket.readyState !== WebSocket.OPEN) throw new Error(`the connection ended without ${type}`);
        await Promise.race([once(socket, "message"), closed]);
      }
    },
  };
}

/** A client that has joined with a token, and its connection. */
export async function joined(origin: string, token: string) {
  const client = await roomClient(origin, { type: "join", token });
  const { connectionId, ...room } = await client.next("joined");
  return { ...client, connectionId, room };
}
