import { randomUUID } from "node:crypto";
import { LeaveReason } from "../../domain/participant.ts";
import { Role } from "../../domain/role.ts";
import type { PlatformConnection, PlatformStream } from "../platform.ts";
import type { Participant, PublishedStream, RoomClient, RoomGrant } from "./participant.ts";
import type { ServerMessage } from "./protocol.ts";
import {
  connectionCreated,
  connectionDestroyed,
  type RoomChange,
  sessionDestroyed,
  streamCreated,
  streamDestroyed,
} from "./room-events.ts";
import { RoomRefusal } from "./room-refusal.ts";

/** The most streams of one connection. */
export const MAX_STREAMS = 10;

/** The reason of a stream that its publisher ended, or that a moderator ended. */
export type StreamReason = LeaveReason | "forceUnpublished";

/** What a room tells about itself. */
export interface RoomListener {
  onChange(change: RoomChange, now: Date): void;
  /** A participant left, after all changes that this caused. */
  onLeft(room: Room): void;
}

/** A session with its connections and streams. It does not check roles. */
export class Room {
  readonly #participants = new Map<string, Participant>();
  readonly #streams = new Map<string, PublishedStream>();
  readonly #listener: RoomListener;
  #mutesNewStreams = false;

  constructor(
    readonly sessionId: string,
    listener: RoomListener,
  ) {
    this.#listener = listener;
  }

  /** The number of connections. */
  get size(): number {
    return this.#participants.size;
  }

  /** Lets a client in, and tells it who and what is there. */
  add(grant: RoomGrant, client: RoomClient, now: Date): Participant {
    const connection = { connectionId: randomUUID(), createdAt: now.getTime(), data: grant.data };
    const participant: Participant = { connection, grant, client, streams: new Set() };
    if (this.size === 0) this.#listener.onChange({ event: "sessionCreated" }, now);
    const hears = grant.role !== Role.PUBLISHER_ONLY;
    client.receive({
      type: "joined",
      sessionId: this.sessionId,
      ...connection,
      role: grant.role,
      connections: hears ? [...this.#participants.values()].map(({ connection }) => connection) : [],
      streams: hears ? [...this.#streams.values()].map(({ stream }) => stream) : [],
    });
    this.#tellOthers(participant, { type: "connectionCreated", connection });
    this.#participants.set(connection.connectionId, participant);
    this.#listener.onChange(connectionCreated(connection), now);
    return participant;
  }

  /** @returns whether the connection was in the room */
  remove(connectionId: string, reason: LeaveReason, now: Date): boolean {
    const participant = this.#participants.get(connectionId);
    if (participant === undefined) return false;
    this.#participants.delete(connectionId);
    for (const { stream } of participant.streams) this.endStream(stream.streamId, reason, now);
    this.#tellOthers(participant, { type: "connectionDestroyed", connectionId, reason });
    this.#listener.onChange(connectionDestroyed(participant.connection, reason), now);
    if (this.size === 0) this.#listener.onChange(sessionDestroyed(reason), now);
    if (reason === LeaveReason.FORCE_DISCONNECTED)
      participant.client.receive({ type: "disconnected", reason });
    participant.client.end();
    this.#listener.onLeft(this);
    return true;
  }

  /** @throws {RoomRefusal} if the participant has too many streams */
  publish(publisher: Participant, name: string, videoType: string | null, now: Date): void {
    if (publisher.streams.size >= MAX_STREAMS)
      throw new RoomRefusal(429, `a connection can publish at most ${MAX_STREAMS} streams`);
    const { connectionId } = publisher.connection;
    const stream = { streamId: randomUUID(), connectionId, createdAt: now.getTime(), name, videoType };
    const published = { stream, publisher, layoutClassList: publisher.grant.initialLayoutClassList };
    this.#streams.set(stream.streamId, published);
    publisher.streams.add(published);
    publisher.client.receive({ type: "published", stream });
    this.#tellOthers(publisher, { type: "streamCreated", stream });
    this.#listener.onChange(streamCreated(stream, publisher.connection), now);
    if (this.#mutesNewStreams) this.mute(stream.streamId);
  }

  /** @returns whether the room had the stream */
  endStream(streamId: string, reason: StreamReason, now: Date): boolean {
    const ended = this.#streams.get(streamId);
    if (ended === undefined) return false;
    const { stream, publisher } = ended;
    this.#streams.delete(streamId);
    publisher.streams.delete(ended);
    const message = { type: "streamDestroyed", streamId, reason } as const;
    if (this.#participants.has(stream.connectionId)) publisher.client.receive(message);
    this.#tellOthers(publisher, message);
    this.#listener.onChange(streamDestroyed(stream, publisher.connection, reason), now);
    return true;
  }

  /** @returns whether the room has the stream */
  mute(streamId: string): boolean {
    const muted = this.#streams.get(streamId);
    muted?.publisher.client.receive({ type: "muted", streamId });
    return muted !== undefined;
  }

  /** Mutes all streams except the excluded ones, now and later; or lifts that state, which leaves muted streams muted. */
  muteAll(active: boolean, excludedStreamIds: readonly string[]): void {
    this.#mutesNewStreams = active;
    if (!active) return;
    const excluded = new Set(excludedStreamIds);
    for (const streamId of this.#streams.keys()) if (!excluded.has(streamId)) this.mute(streamId);
  }

  /**
   * Sends a signal to one connection, or to all for null, the sender included.
   *
   * @param from the connection of the sender; empty for a server
   * @returns whether the connection is in the room
   */
  signal(from: string, to: string | null, signalType: string, data: string): boolean {
    if (to !== null && !this.#participants.has(to)) return false;
    const message = { type: "signal", from, signalType, data } as const;
    for (const participant of this.#hearing()) {
      if (to === null || participant.connection.connectionId === to) participant.client.receive(message);
    }
    return true;
  }

  /** Whose stream it is; undefined if the room does not have it. */
  publisherOf(streamId: string): Participant | undefined {
    return this.#streams.get(streamId)?.publisher;
  }

  /** Oldest first. */
  connections(): PlatformConnection[] {
    return [...this.#participants.values()].map(({ connection: { connectionId, createdAt } }) => ({
      connectionId,
      isConnected: true,
      createdAt: new Date(createdAt),
    }));
  }

  /** Oldest first. */
  streams(): PlatformStream[] {
    return [...this.#streams.values()].map(listed);
  }

  stream(streamId: string): PlatformStream | undefined {
    const found = this.#streams.get(streamId);
    return found && listed(found);
  }

  /** @returns whether the room has the stream */
  setLayoutClasses(streamId: string, layoutClassList: readonly string[]): boolean {
    const found = this.#streams.get(streamId);
    if (found) found.layoutClassList = layoutClassList;
    return found !== undefined;
  }

  #tellOthers(about: Participant, message: ServerMessage): void {
    for (const participant of this.#hearing()) if (participant !== about) participant.client.receive(message);
  }

  /** A client with the role `publisheronly` learns nothing of others. */
  *#hearing(): Iterable<Participant> {
    for (const participant of this.#participants.values())
      if (participant.grant.role !== Role.PUBLISHER_ONLY) yield participant;
  }
}

function listed({ stream, layoutClassList }: PublishedStream): PlatformStream {
  const { streamId, name, videoType } = stream;
  return { streamId, name, videoType, layoutClassList };
}
