import { MAX_MESSAGE } from "../platform/emulator/client-message.ts";
import { MAX_MESSAGES_PER_SECOND } from "../platform/emulator/join-client.ts";
import type { JoinHandler } from "../platform/emulator/join-handler.ts";
import type { Turn } from "../shares/turns.ts";
import { LOCAL_PLATFORM } from "./local-platform.ts";
import type { SocketRoute } from "./socket-route.ts";

/** The most messages of a client that wait. */
const MAX_WAITING = 2 * MAX_MESSAGES_PER_SECOND;

/** The path at which clients join the rooms of the local platform. Each message waits for the turn of all clients together. */
export function joinRoute(clients: JoinHandler, turn: Turn): SocketRoute {
  return {
    path: "/local/join",
    protocol: null,
    maxPayload: MAX_MESSAGE,
    authenticates: true,
    accept(socket, _request, opened) {
      const client = clients.accept({
        get bufferedAmount() {
          return socket.bufferedAmount;
        },
        send: (text) => socket.send(text, ignore),
        ping: () => socket.ping(undefined, undefined, ignore),
        close: (code) => socket.close(code),
        terminate: () => socket.terminate(),
      });
      let waiting = 0;
      socket.on("message", (bytes, isBinary) => {
        // A read may have thousands, and each costs time. These would end the connection anyway.
        if (waiting > MAX_WAITING) return socket.terminate();
        // So that no more than those of one read wait.
        waiting += 1;
        socket.pause();
        void turn(LOCAL_PLATFORM).then(() => {
          client.message(isBinary ? null : bytes.toString());
          if (client.hasJoined) opened.know(LOCAL_PLATFORM);
          waiting -= 1;
          if (waiting === 0) socket.resume();
        });
      });
      socket.on("pong", () => client.pong());
      // After the messages that still wait.
      socket.on("close", () => void turn(LOCAL_PLATFORM).then(() => client.closed()));
      // The close event follows.
      socket.on("error", ignore);
    },
  };
}

function ignore(): void {}
