import { EventEmitter } from "./emitter.ts";
import { otError, refusedToJoin } from "./errors.ts";
import type {
  Capability,
  Connection,
  OTError,
  Session,
  SessionEvents,
  Stream,
  WidgetProperties,
} from "./opentok.ts";
import type { ClientMessage, RoomConnection, RoomStream, ServerMessage } from "./protocol.ts";
import type { LocalPublisher } from "./publisher.ts";
import { LocalSubscriber } from "./subscriber.ts";

type Done = (error?: OTError) => void;

/** The largest type and data of a signal, in bytes. */
const SIGNAL_LIMITS = { type: 128, data: 8192 };

/** The code of a refusal for lack of a capability. */
const REFUSAL_CODES: Readonly<Record<Capability, number>> = {
  publish: 1500,
  subscribe: 1501,
  forceDisconnect: 1520,
  forceUnpublish: 1530,
  forceMute: 1540,
};

/** A connection to a session of the local platform. */
export class LocalSession extends EventEmitter<SessionEvents> implements Session {
  connection: Connection | undefined;
  capabilities = capabilitiesOf(null);
  readonly sessionId: string;
  readonly #url: URL;
  #socket: WebSocket | null = null;
  /** Why the socket closes. */
  #reason = "networkDisconnected";
  /** The callback of `connect`, until it was called. */
  #connecting: Done | null = null;
  /** Calls of `publish` without an answer, in their order. */
  #publishing: { readonly publisher: LocalPublisher; readonly done: Done | undefined }[] = [];
  readonly #connections = new Map<string, Connection>();
  readonly #streams = new Map<string, Stream>();
  readonly #publishers = new Map<string, LocalPublisher>();
  readonly #subscribers = new Set<LocalSubscriber>();

  constructor(sessionId: string, url: URL) {
    super();
    this.sessionId = sessionId;
    this.#url = url;
  }

  connect(token: string, done: Done): this {
    // An earlier connection, which may still be closing, ends first.
    if (this.connection) {
      this.disconnect();
      this.#closed();
    }
    // A listener of its last event may have connected again, or an earlier attempt is under way.
    this.disconnect();
    const socket = new WebSocket(this.#url);
    const leave = () => this.disconnect();
    addEventListener("pagehide", leave);
    socket.onopen = () => socket.send(JSON.stringify({ type: "join", token }));
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#receive(JSON.parse(data));
    };
    socket.onclose = () => {
      removeEventListener("pagehide", leave);
      if (this.#socket === socket) this.#closed();
    };
    this.#socket = socket;
    this.#reason = "networkDisconnected";
    this.#connecting = done;
    return this;
  }

  disconnect(): void {
    const socket = this.#socket;
    if (this.connection) {
      this.#reason = "clientDisconnected";
      this.#send({ type: "leave" });
    } else this.#socket = null;
    socket?.close();
  }

  publish(publisher: LocalPublisher, done?: Done): LocalPublisher {
    const problem = this.#problemWith("publish");
    if (problem) done?.(problem);
    else {
      const { name, videoType } = publisher;
      this.#publishing.push({ publisher, done });
      this.#send({ type: "publish", name, videoType });
    }
    return publisher;
  }

  unpublish({ stream }: LocalPublisher): void {
    if (stream) this.#send({ type: "unpublish", streamId: stream.streamId });
  }

  subscribe(
    stream: Stream,
    target?: HTMLElement | string,
    properties?: WidgetProperties,
    done?: Done,
  ): LocalSubscriber {
    const subscriber = new LocalSubscriber(stream, target, properties);
    const problem = this.#problemWith("subscribe") ?? this.#problemOf(stream);
    if (problem) subscriber.destroy();
    else this.#subscribers.add(subscriber);
    queueMicrotask(() => done?.(problem));
    return subscriber;
  }

  unsubscribe(subscriber: LocalSubscriber): void {
    if (this.#subscribers.delete(subscriber)) subscriber.destroy();
  }

  signal(
    {
      type = "",
      data = "",
      to,
    }: { readonly type?: string; readonly data?: string; readonly to?: Connection },
    done?: Done,
  ): Promise<void> {
    const large = bytesOf(type) > SIGNAL_LIMITS.type || bytesOf(data) > SIGNAL_LIMITS.data;
    const problem = !this.connection
      ? otError("OT_NOT_CONNECTED", "Unable to send signal - you are not connected to the session.", 500)
      : !this.capabilities.subscribe
        ? otError("OT_PERMISSION_DENIED", "The role does not allow signals.", 403)
        : large
          ? otError("OT_INVALID_PARAMETER", "The type or the data of the signal is too long.", 413)
          : to && !this.#connections.has(to.connectionId)
            ? otError("OT_NOT_FOUND", "The client is not connected to the session.")
            : undefined;
    return this.#act(
      problem,
      { type: "signal", signalType: type, data, ...(to && { to: to.connectionId }) },
      done,
    );
  }

  forceDisconnect({ connectionId }: Connection, done?: Done): Promise<void> {
    const problem = this.#problemWith("forceDisconnect") ?? missing(this.#connections.has(connectionId));
    return this.#act(problem, { type: "forceDisconnect", connectionId }, done);
  }

  forceUnpublish({ streamId }: Stream, done?: Done): Promise<void> {
    const problem = this.#problemWith("forceUnpublish") ?? missing(this.#streams.has(streamId));
    return this.#act(problem, { type: "forceUnpublish", streamId }, done);
  }

  forceMuteStream({ streamId }: Stream): Promise<void> {
    const problem = this.#problemWith("forceMute") ?? missing(this.#streams.has(streamId));
    return this.#act(problem, { type: "forceMute", streamId });
  }

  forceMuteAll(excluded: readonly Stream[] = []): Promise<void> {
    const excludedStreamIds = excluded.map(({ streamId }) => streamId);
    return this.#act(this.#problemWith("forceMute"), { type: "forceMuteAll", excludedStreamIds });
  }

  #problemWith(capability: Capability): OTError | undefined {
    if (!this.connection) return otError("OT_NOT_CONNECTED", "You are not connected to the session.");
    if (this.capabilities[capability]) return undefined;
    const message = `This token does not allow ${capability}.`;
    return otError("OT_PERMISSION_DENIED", message, REFUSAL_CODES[capability]);
  }

  #problemOf(stream: Stream): OTError | undefined {
    if (this.#streams.get(stream.streamId) === stream) return undefined;
    return otError("OT_STREAM_DESTROYED", "The stream ended before you subscribed to it.");
  }

  /** The server answers only refusals, so a message that passes the checks of this page counts as done. */
  async #act(problem: OTError | undefined, message: ClientMessage, done?: Done): Promise<void> {
    if (!problem) this.#send(message);
    // Later, as with the real platform.
    await null;
    done?.(problem);
    // OpenTok.js rejects even if there is a callback, which the browser then reports as unhandled.
    if (problem && !done) throw problem;
  }

  #send(message: ClientMessage): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case "joined":
        this.#joined(message);
        return;
      case "connectionCreated":
        this.#addConnection(message.connection);
        return;
      case "connectionDestroyed": {
        const { connectionId, reason } = message;
        const connection = this.#connections.get(connectionId);
        this.#connections.delete(connectionId);
        this.dispatch("connectionDestroyed", { connection, reason });
        return;
      }
      case "published":
        this.#published(message.stream);
        return;
      case "streamCreated":
        this.#addStream(message.stream);
        return;
      case "streamDestroyed":
        this.#endStream(message.streamId, message.reason);
        return;
      case "signal": {
        const { from, signalType, data } = message;
        const type = signalType === "" ? "signal" : (`signal:${signalType}` as const);
        const members = { data, from: this.#connections.get(from) ?? null };
        this.dispatch("signal", members, type);
        if (type !== "signal") this.dispatch(type, members);
        return;
      }
      case "muted":
        this.#publishers.get(message.streamId)?.muted();
        return;
      case "disconnected":
        this.#reason = message.reason;
        return;
      case "error":
        this.#refused(message.code, message.message);
    }
  }

  #joined({
    sessionId,
    role,
    connections,
    streams,
    ...own
  }: Extract<ServerMessage, { type: "joined" }>): void {
    if (sessionId !== this.sessionId) {
      this.#refused("UNAUTHENTICATED", "The token is for another session.");
      return;
    }
    const done = this.#connecting;
    this.#connecting = null;
    this.capabilities = capabilitiesOf(role);
    this.connection = connectionOf(own);
    this.dispatch("sessionConnected");
    done?.();
    for (const each of [...connections, own]) this.#addConnection(each);
    for (const each of streams) this.#addStream(each);
  }

  #addConnection(created: RoomConnection): void {
    const isOwn = created.connectionId === this.connection?.connectionId;
    const connection = isOwn ? this.connection : connectionOf(created);
    if (!connection) return;
    this.#connections.set(connection.connectionId, connection);
    this.dispatch("connectionCreated", { connection });
  }

  #addStream(created: RoomStream): void {
    const stream = this.#streamOf(created);
    if (stream) this.dispatch("streamCreated", { stream });
  }

  #published(created: RoomStream): void {
    const { publisher, done } = this.#publishing.shift() ?? {};
    const stream = this.#streamOf(created);
    if (!publisher || !stream) return;
    if (publisher.isDestroyed) {
      this.#send({ type: "unpublish", streamId: stream.streamId });
      return;
    }
    this.#publishers.set(stream.streamId, publisher);
    publisher.published(stream, () => this.unpublish(publisher));
    done?.();
  }

  #streamOf({ streamId, connectionId, createdAt, name, videoType }: RoomStream): Stream | undefined {
    const connection = this.#connections.get(connectionId);
    if (!connection) return undefined;
    const stream: Stream = {
      streamId,
      connection,
      creationTime: createdAt,
      name,
      hasAudio: true,
      hasVideo: videoType !== null,
      videoType: videoType ?? undefined,
    };
    this.#streams.set(streamId, stream);
    return stream;
  }

  #endStream(streamId: string, reason: string): void {
    const stream = this.#streams.get(streamId);
    const publisher = this.#publishers.get(streamId);
    this.#streams.delete(streamId);
    this.#publishers.delete(streamId);
    if (publisher) publisher.ended(reason);
    else if (this.dispatch("streamDestroyed", { stream, reason }))
      for (const each of this.#subscribers) if (each.stream === stream) this.unsubscribe(each);
  }

  #refused(code: string, message: string): void {
    const done = this.#connecting;
    if (done === null) {
      // Only publishing has an answer, so a refusal counts for the oldest.
      this.#publishing.shift()?.done?.(otError("OT_UNEXPECTED_SERVER_RESPONSE", message));
      return;
    }
    this.#connecting = null;
    this.#socket?.close();
    this.#socket = null;
    done(refusedToJoin(code, message));
  }

  #closed(): void {
    this.#socket = null;
    const done = this.#connecting;
    this.#connecting = null;
    if (done) {
      done(otError("OT_CONNECT_FAILED", `No server with PLATFORM=local answers at ${this.#url}`));
      return;
    }
    const reason = this.#reason;
    const publishers = [...this.#publishers.values()];
    const subscribers = [...this.#subscribers];
    this.connection = undefined;
    this.capabilities = capabilitiesOf(null);
    this.#publishing = [];
    for (const each of [this.#connections, this.#streams, this.#publishers, this.#subscribers]) each.clear();
    for (const publisher of publishers) publisher.ended(reason);
    if (this.dispatch("sessionDisconnected", { reason })) for (const each of subscribers) each.destroy();
  }
}

/** @param role null before connecting */
function capabilitiesOf(role: string | null): Readonly<Record<Capability, number>> {
  const publish = role !== null && role !== "subscriber" ? 1 : 0;
  const subscribe = role !== null && role !== "publisheronly" ? 1 : 0;
  const moderate = role === "moderator" ? 1 : 0;
  return { publish, subscribe, forceDisconnect: moderate, forceUnpublish: moderate, forceMute: moderate };
}

function connectionOf({ connectionId, createdAt, data }: RoomConnection): Connection {
  return { connectionId, creationTime: createdAt, data };
}

function missing(isThere: boolean): OTError | undefined {
  return isThere
    ? undefined
    : otError("OT_INVALID_PARAMETER", "The connection or stream is not in the session.");
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
