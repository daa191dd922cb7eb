import { LeaveReason } from "../../domain/participant.ts";
import { act } from "./act.ts";
import { readClientMessage } from "./client-message.ts";
import type { JoinListener, JoinSocket } from "./join-socket.ts";
import type { Participant, RoomClient, RoomGrant } from "./participant.ts";
import type { ServerMessage } from "./protocol.ts";
import type { Room } from "./room.ts";
import { RoomRefusal } from "./room-refusal.ts";
import type { Rooms } from "./rooms.ts";

/** The most bytes that wait for a slow client, besides its list of the room. */
export const MAX_WAITING = 1024 * 1024;
/** The most messages of a client in one second. Twice as many end the connection. */
export const MAX_MESSAGES_PER_SECOND = 20;

/** The checks, five seconds apart, after which a client that has not joined is refused: 10 to 15 seconds. */
const CHECKS_TO_JOIN = 3;
/** The checks after which a silent client gets a ping: 5 to 10 seconds. */
const CHECKS_TO_PING = 2;
/** The checks after which a silent client is lost: 25 to 30 seconds. */
const CHECKS_TO_LOSE = 6;

/** The close codes of RFC 6455. */
const NORMAL = 1000;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** What a client works with. */
export interface ClientParts {
  readonly socket: JoinSocket;
  readonly rooms: Rooms;
  /** @throws {RoomRefusal} unless a client can connect with the token */
  readonly grantOf: (token: string, now: Date) => RoomGrant;
  readonly textOf: (message: ServerMessage) => string;
  readonly now: () => Date;
}

/** One client of `/local/join`. */
export class JoinClient implements JoinListener, RoomClient {
  readonly #parts: ClientParts;
  readonly #onGone: () => void;
  #joined: { readonly room: Room; readonly participant: Participant } | null = null;
  #isGone = false;
  #maxWaiting = MAX_WAITING;
  #checksInSilence = 0;
  #second = 0;
  #messages = 0;

  /** @param onGone called once when the client has left or was refused */
  constructor(parts: ClientParts, onGone: () => void) {
    this.#parts = parts;
    this.#onGone = onGone;
  }

  get hasJoined(): boolean {
    return this.#joined !== null;
  }

  message(text: string | null): void {
    if (this.#isGone) return;
    const now = this.#parts.now();
    if (this.#joined !== null) this.#checksInSilence = 0;
    try {
      this.#count(now);
      const message = readClientMessage(text);
      if (this.#joined === null) {
        if (message.type !== "join") throw new RoomRefusal(400, "the first message must be join");
        this.#join(message.token, now);
      } else {
        if (message.type === "join") throw new RoomRefusal(400, "the client has joined already");
        act(this.#joined.room, this.#joined.participant, message, now);
      }
    } catch (error) {
      if (!(error instanceof RoomRefusal)) throw error;
      const isFlood = this.#messages > 2 * MAX_MESSAGES_PER_SECOND;
      if (this.#joined === null) this.refuse(error);
      else if (isFlood) this.#leave(LeaveReason.FORCE_DISCONNECTED);
      else this.receive(errorOf(error));
    }
  }

  pong(): void {
    if (this.#joined !== null) this.#checksInSilence = 0;
  }

  closed(): void {
    this.#leave(LeaveReason.NETWORK_DISCONNECTED);
    this.#gone();
  }

  /** Sends why the client may not stay, and closes its socket. */
  refuse(error: RoomRefusal): void {
    if (this.#isGone) return;
    this.receive(errorOf(error));
    this.#gone();
    this.#parts.socket.close(error.status === 429 ? TRY_AGAIN_LATER : POLICY_VIOLATION);
  }

  /** Counts the silence of the client, every five seconds. */
  check(): void {
    this.#checksInSilence += 1;
    if (this.#joined === null) {
      if (this.#checksInSilence >= CHECKS_TO_JOIN)
        this.refuse(new RoomRefusal(400, "the client must send join within 10 seconds"));
    } else if (this.#checksInSilence >= CHECKS_TO_LOSE) this.#lose();
    else if (this.#checksInSilence >= CHECKS_TO_PING) this.#parts.socket.ping();
  }

  receive(message: ServerMessage): void {
    const { socket, textOf } = this.#parts;
    const text = textOf(message);
    // A long list at the beginning must not count against a client that reads.
    if (message.type === "joined") this.#maxWaiting += Buffer.byteLength(text);
    if (socket.bufferedAmount > this.#maxWaiting) {
      // Later, because the room is in the middle of a change.
      queueMicrotask(() => this.#lose());
      return;
    }
    socket.send(text);
  }

  end(): void {
    this.#gone();
    this.#parts.socket.close(NORMAL);
  }

  #join(token: string, now: Date): void {
    const { rooms, grantOf } = this.#parts;
    this.#joined = rooms.join(grantOf(token, now), this, now);
    this.#checksInSilence = 0;
  }

  /** @throws {RoomRefusal} if the client sends too many messages */
  #count(now: Date): void {
    const second = Math.floor(now.getTime() / 1000);
    if (second !== this.#second) this.#messages = 0;
    this.#second = second;
    this.#messages += 1;
    if (this.#messages > MAX_MESSAGES_PER_SECOND)
      throw new RoomRefusal(429, `a client can send at most ${MAX_MESSAGES_PER_SECOND} messages in a second`);
  }

  #lose(): void {
    this.#leave(LeaveReason.NETWORK_DISCONNECTED);
    this.#gone();
    this.#parts.socket.terminate();
  }

  #leave(reason: LeaveReason): void {
    if (this.#joined === null) return;
    const { room, participant } = this.#joined;
    room.remove(participant.connection.connectionId, reason, this.#parts.now());
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#onGone();
  }
}

function errorOf({ code, message }: RoomRefusal): ServerMessage {
  return { type: "error", code, message };
}
