/** The subset of OpenTok.js that the local platform has. The real `OT` fits these types. */
export interface OpenTok {
  initSession(applicationId: string, sessionId: string): Session;
  /** Shows a publisher in the element, or at the end of the page. */
  initPublisher(
    target?: HTMLElement | string,
    properties?: PublisherProperties,
    done?: (error?: OTError) => void,
  ): Publisher;
}

/** An error of OpenTok.js, such as `OT_AUTHENTICATION_ERROR` with the code 1004. */
export interface OTError {
  readonly name: string;
  readonly message: string;
  readonly code?: number;
}

/** An event with its type. `preventDefault` keeps the tiles that the event would remove. */
export type OTEvent<Members = object> = Members & {
  readonly type?: string;
  preventDefault(): void;
};

/** Listens to the events of a session, a publisher or a subscriber. */
export interface Emitter<Events> {
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void;
  on(listeners: { readonly [Name in keyof Events]?: (event: Events[Name]) => void }): void;
  once<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void;
  /** Without a listener, removes all listeners of the event; without a name, all listeners. */
  off<Name extends keyof Events>(name?: Name, listener?: (event: Events[Name]) => void): void;
}

/** A client in the session. */
export interface Connection {
  readonly connectionId: string;
  /** In milliseconds since the Unix epoch. */
  readonly creationTime: number;
  /** The connection data of its token. */
  readonly data: string;
}

/** A stream of a connection. */
export interface Stream {
  readonly streamId: string;
  readonly connection: Connection;
  /** In milliseconds since the Unix epoch. */
  readonly creationTime: number;
  readonly name: string;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  /** Undefined for audio only. */
  readonly videoType: "camera" | "screen" | "custom" | undefined;
}

/** The signal that arrived. A server's signal is from null. */
export type SignalEvent = OTEvent<{ readonly data?: string; readonly from: Connection | null }>;

/** The events of a session. A `reason` is `clientDisconnected`, `forceDisconnected`, `networkDisconnected` or `forceUnpublished`. */
export interface SessionEvents {
  readonly sessionConnected: OTEvent;
  readonly sessionDisconnected: OTEvent<{ readonly reason: string }>;
  /** For every connection, this client's own included. */
  readonly connectionCreated: OTEvent<{ readonly connection: Connection }>;
  readonly connectionDestroyed: OTEvent<{ readonly connection: Connection; readonly reason: string }>;
  /** For the streams of others. A publisher has the events of its own stream. */
  readonly streamCreated: OTEvent<{ readonly stream: Stream }>;
  readonly streamDestroyed: OTEvent<{ readonly stream: Stream; readonly reason: string }>;
  readonly signal: SignalEvent;
  readonly [signalOfType: `signal:${string}`]: SignalEvent;
}

/** A connection to a session. */
export interface Session extends Emitter<SessionEvents> {
  readonly sessionId: string;
  /** Undefined unless connected. */
  readonly connection?: Connection | undefined;
  /** What the role of the token allows, with 1 for yes. */
  readonly capabilities: Readonly<Record<Capability, number>>;
  connect(token: string, done: (error?: OTError) => void): void;
  disconnect(): void;
  publish(publisher: Publisher, done?: (error?: OTError) => void): unknown;
  unpublish(publisher: Publisher): void;
  /** Shows a stream of another client in the element, or at the end of the page. */
  subscribe(
    stream: Stream,
    target?: HTMLElement | string,
    properties?: WidgetProperties,
    done?: (error?: OTError) => void,
  ): Subscriber;
  unsubscribe(subscriber: Subscriber): void;
  /** Sends a signal to one connection, or to all connections without `to`. */
  signal(
    signal: { readonly type?: string; readonly data?: string; readonly to?: Connection },
    done?: (error?: OTError) => void,
  ): Promise<void>;
  forceDisconnect(connection: Connection, done?: (error?: OTError) => void): Promise<void>;
  forceUnpublish(stream: Stream, done?: (error?: OTError) => void): Promise<void>;
  forceMuteStream(stream: Stream): Promise<void>;
  forceMuteAll(excluded?: Stream[]): Promise<void>;
}

/** What a role may allow. */
export type Capability = "publish" | "subscribe" | "forceDisconnect" | "forceUnpublish" | "forceMute";

/** Where and how large a tile is. */
export interface WidgetProperties {
  /** `replace` by default. */
  readonly insertMode?: "replace" | "append" | "before" | "after";
  /** In pixels, or a CSS length; by default 264 and 198. */
  readonly width?: string | number;
  readonly height?: string | number;
}

/** How to publish. */
export interface PublisherProperties extends WidgetProperties {
  /** Others see the name. */
  readonly name?: string;
  readonly publishAudio?: boolean;
  readonly publishVideo?: boolean;
  /** `null` or `false` for audio only, `"screen"` for the screen. */
  readonly videoSource?: string | boolean | null;
}

/** The events of a publisher. */
export interface PublisherEvents {
  readonly streamCreated: OTEvent<{ readonly stream: Stream }>;
  readonly streamDestroyed: OTEvent<{ readonly stream: Stream; readonly reason: string }>;
  readonly destroyed: OTEvent;
  /** A moderator or a server muted the stream. */
  readonly muteForced: OTEvent;
}

/** The own stream and its tile. */
export interface Publisher extends Emitter<PublisherEvents> {
  readonly element?: HTMLElement | undefined;
  /** Undefined unless published. */
  readonly stream?: Stream | undefined;
  publishAudio(value: boolean): unknown;
  publishVideo(value: boolean): unknown;
  destroy(): unknown;
}

/** The events of a subscriber. */
export interface SubscriberEvents {
  readonly destroyed: OTEvent;
}

/** A stream of another client, and its tile. */
export interface Subscriber extends Emitter<SubscriberEvents> {
  readonly element?: HTMLElement | undefined;
  readonly stream?: Stream | undefined;
}
