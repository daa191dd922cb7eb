import { WebSocket } from "ws";
import type { ClientMessage, ServerMessage } from "../platform/emulator/protocol.ts";
import { Refusal } from "./refusal.ts";

/** The longest time for a server to accept the connection, in milliseconds. */
const HANDSHAKE_TIMEOUT = 10_000;
/** The longest time for a server to close the connection of a participant that leaves, in milliseconds. */
const LEAVE_TIMEOUT = 2000;

/** A participant in a room of the local platform. */
export class RoomParticipant {
  /** Resolves when it has joined or left. Rejects with a `Refusal` if it may not join. */
  readonly joined: Promise<unknown>;
  /** Resolves when it has left or is disconnected by force. Rejects with a `Refusal` for any other end. */
  readonly ended: Promise<void>;
  readonly #socket: WebSocket;
  #isLeaving = false;

  /**
   * @param server the URL of the server, with `/` at its end
   * @param onMessage receives each message except errors
   */
  constructor(server: URL, token: string, onMessage: (message: ServerMessage) => void) {
    const socket = new WebSocket(new URL("local/join", server), { handshakeTimeout: HANDSHAKE_TIMEOUT });
    this.#socket = socket;
    let isDisconnected = false;
    let hasJoined = () => {};
    const entered = new Promise<void>((resolve) => {
      hasJoined = resolve;
    });
    this.ended = new Promise((resolve, reject) => {
      socket.once("open", () => this.#send({ type: "join", token }));
      socket.on("message", (bytes) => {
        const message: ServerMessage = JSON.parse(bytes.toString());
        if (message.type === "error") return reject(new Refusal(message.code, message.message));
        if (message.type === "disconnected") isDisconnected = true;
        if (message.type === "joined") hasJoined();
        return onMessage(message);
      });
      socket.once("unexpected-response", (request, { statusCode = 0 }) => {
        reject(refused(server, statusCode));
        request.destroy();
      });
      socket.once("error", (error) => (this.#isLeaving ? resolve() : reject(unreachable(server, error))));
      socket.once("close", (code, why) => {
        if (this.#isLeaving || isDisconnected) resolve();
        else reject(lost(server, `${code} ${why}`.trim()));
      });
    });
    this.joined = Promise.race([entered, this.ended]);
    // A caller that awaits only one of the two promises does not see a failure of the other.
    for (const each of [this.joined, this.ended]) each.catch(() => {});
  }

  /** Publishes a stream with video of a camera. */
  publish(): void {
    this.#send({ type: "publish" });
  }

  /** Leaves the room. */
  leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    const isOpen = this.#socket.readyState === WebSocket.OPEN;
    if (isOpen) this.#send({ type: "leave" });
    setTimeout(() => this.#socket.terminate(), isOpen ? LEAVE_TIMEOUT : 0).unref();
  }

  #send(message: ClientMessage): void {
    this.#socket.send(JSON.stringify(message));
  }
}

function refused({ origin }: URL, status: number): Refusal {
  const reason = status === 404 ? "only a server with PLATFORM=local has rooms" : `it answered ${status}`;
  return new Refusal("JOIN_REFUSED", `The server at ${origin} cannot be joined: ${reason}`);
}

function lost({ origin }: URL, why: string): Refusal {
  return new Refusal("CONNECTION_LOST", `The server at ${origin} ended the connection: ${why}`);
}

function unreachable({ origin }: URL, { code, message }: NodeJS.ErrnoException): Refusal {
  return new Refusal(
    code ?? "CONNECTION_LOST",
    `No connection to a server at ${origin}: ${code ?? message}; start one with stagepass start, or give its URL with --url`,
  );
}
