import { TokenFormat } from "../../src/domain/connection-token.ts";
import type { MonitoringEvent } from "../../src/domain/monitoring-event.ts";
import { Role } from "../../src/domain/role.ts";
import { composeSessionId } from "../../src/domain/session-id.ts";
import { invalid, type TokenInspection, TokenStatus } from "../../src/domain/token-inspection.ts";
import { type JoinHandler, joinHandler } from "../../src/platform/emulator/join-handler.ts";
import type { JoinListener, JoinSocket } from "../../src/platform/emulator/join-socket.ts";
import type { ClientMessage, ServerMessage } from "../../src/platform/emulator/protocol.ts";
import { Rooms } from "../../src/platform/emulator/rooms.ts";
import { ServerCalls } from "../../src/platform/emulator/server-calls.ts";
import { API_KEY } from "./credentials.ts";

/** What a client of a test may do. */
export interface TestGrant {
  readonly sessionId?: string;
  readonly role?: Role;
  readonly data?: string;
  readonly classes?: readonly string[];
}

export const START = new Date(1_795_500_000_123);

/** A session of the tests' project. */
export const sessionNamed = (random: string, owner = API_KEY) =>
  composeSessionId({ owner, location: null, createdAt: START, random });

export const SESSION = sessionNamed("one");

/** A client on a socket that keeps what it gets. */
export class TestClient implements JoinSocket {
  bufferedAmount = 0;
  pings = 0;
  /** The close code; `terminated` if it was cut off; null while it is open. */
  ended: number | "terminated" | null = null;
  readonly received: ServerMessage[] = [];
  readonly #listener: JoinListener;
  #taken = 0;

  constructor(handler: JoinHandler) {
    this.#listener = handler.accept(this);
  }

  send(text: string): void {
    this.received.push(JSON.parse(text));
  }

  ping(): void {
    this.pings += 1;
  }

  close(code: number): void {
    this.ended ??= code;
  }

  terminate(): void {
    this.ended ??= "terminated";
  }

  says(message: ClientMessage | string | null): void {
    this.#listener.message(
      message === null || typeof message === "string" ? message : JSON.stringify(message),
    );
  }

  joins(grant: TestGrant = {}): this {
    this.says({ type: "join", token: JSON.stringify(grant) });
    return this;
  }

  answersPing(): void {
    this.#listener.pong();
  }

  /** The socket breaks, or was closed. */
  breaks(): void {
    this.#listener.closed();
  }

  get connectionId(): string {
    return this.all("joined")[0]?.connectionId ?? "";
  }

  /** The messages of one type. */
  all<T extends ServerMessage["type"]>(type: T): Extract<ServerMessage, { type: T }>[] {
    return this.received.filter((message) => message.type === type) as Extract<ServerMessage, { type: T }>[];
  }

  /** The stream that it published last. */
  get streamId(): string {
    return this.all("published").at(-1)?.stream.streamId ?? "";
  }

  /** What it got since the last call. */
  takes(): ServerMessage[] {
    const from = this.#taken;
    this.#taken = this.received.length;
    return this.received.slice(from);
  }
}

/** Rooms with a clock that the test sets. A client's token is its grant in JSON. */
export function testRooms(inspect: (token: string, now: Date) => TokenInspection = inspectGrant) {
  const events: MonitoringEvent[] = [];
  const rooms = new Rooms(API_KEY, (event) => events.push(event));
  const clock = { now: START };
  const handler = joinHandler(rooms, inspect, () => clock.now);
  const connect = () => new TestClient(handler);
  return {
    events,
    rooms,
    clock,
    handler,
    calls: new ServerCalls(rooms),
    connect,
    join: (grant: TestGrant = {}) => connect().joins(grant),
    names: () => events.map(({ event }) => event),
  };
}

function inspectGrant(token: string): TokenInspection {
  const {
    sessionId = SESSION,
    role = Role.PUBLISHER,
    data = "",
    classes = [],
  }: TestGrant = JSON.parse(token);
  return {
    ...invalid(""),
    status: TokenStatus.ACTIVE,
    format: TokenFormat.JWT,
    sessionId,
    role,
    data,
    initialLayoutClassList: classes,
  };
}
