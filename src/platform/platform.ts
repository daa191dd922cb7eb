import type { SessionOptions } from "../domain/session.ts";
import type { Signal } from "../domain/signal.ts";

/** A connection that the platform lists. */
export interface PlatformConnection {
  readonly connectionId: string;
  readonly isConnected: boolean;
  /** When the client connected; null if the answer does not say. */
  readonly createdAt: Date | null;
}

/** A stream that the platform lists. It does not say whose it is. */
export interface PlatformStream {
  readonly streamId: string;
  readonly name: string;
  /** `camera`, `screen` or `custom`; null for audio only. */
  readonly videoType: string | null;
  readonly layoutClassList: readonly string[];
}

/** Whether a session's streams are muted, now and later. */
export interface MuteState {
  readonly active: boolean;
  /** The streams that stay as they are. */
  readonly excludedStreamIds: readonly string[];
}

/**
 * The service that creates sessions and connects clients. Every call throws `RateLimited` if the platform limits the project,
 * `PlatformRejected` if it refuses, and `PlatformUnavailable` if it gives no valid answer.
 */
export interface Platform {
  /** The project that owns the sessions: an OpenTok API key or a Vonage application ID. */
  readonly applicationId: string;
  /** The longest time of a call, in milliseconds. */
  readonly timeout: number;

  /** Creates a session of the project, and resolves to its ID. */
  createSession(options: SessionOptions, now: Date): Promise<string>;

  /** The connections of a session, oldest first. Empty for a session that the platform does not know. */
  connections(sessionId: string, now: Date): Promise<PlatformConnection[]>;

  /** The streams of a session. Empty for a session that has none, or that the platform does not know. */
  streams(sessionId: string, now: Date): Promise<PlatformStream[]>;

  /**
   * Disconnects a client. Its token stays valid.
   *
   * @throws {NotInSession} if the client is not connected
   */
  disconnect(sessionId: string, connectionId: string, now: Date): Promise<void>;

  /**
   * Mutes a stream. Its publisher can unmute it.
   *
   * @throws {NotInSession} if the session has no such stream
   */
  muteStream(sessionId: string, streamId: string, now: Date): Promise<void>;

  /**
   * Mutes all streams except the excluded ones, now and later; or lifts that state, which leaves muted streams muted.
   *
   * @throws {NotInSession} if the platform does not know the session
   */
  muteAll(sessionId: string, state: MuteState, now: Date): Promise<void>;

  /**
   * Sends a signal to one client, or to all clients of the session for null.
   *
   * @throws {BadUserInput} naming `type` or `data` if it is too large
   * @throws {NotInSession} if the client is not connected
   */
  signal(sessionId: string, connectionId: string | null, signal: Signal, now: Date): Promise<void>;
}

/** The client, stream or session of a call is not there: the platform answered 404. */
export class NotInSession extends Error {}
