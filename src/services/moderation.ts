import type { Caller } from "../access/caller.ts";
import type { Participant } from "../domain/participant.ts";
import type { Platform, Signal } from "../platform/platform.ts";
import type { SigningService } from "../signing/signing-service.ts";
import type { Bans, Removals, SessionRegistry } from "../store/store.ts";
import type { ManagedParts } from "./managed.ts";
import type { Remover } from "./remover.ts";

/** The dependencies of `ModerationService`. */
export interface ModerationParts extends ManagedParts {
  readonly platform: Platform;
  readonly signing: SigningService;
  readonly sessions: SessionRegistry;
  readonly bans: Bans;
  readonly removals: Removals;
  readonly remover: Remover;
}

/** A ban that goes with a removal. */
export interface BanRequest {
  readonly until: Date | null;
}

/** Acts on the participants of sessions, as the platform's SDKs do. */
export class ModerationService {
  readonly #parts: ModerationParts;

  constructor(parts: ModerationParts) {
    this.#parts = parts;
  }

  /**
   * Removes a participant. With a ban, its identity stays out of its session; without an identity, tokens with its connection data.
   * A participant that has left stays as it is. The removal survives failures: replicas try it until the platform confirms.
   *
   * @returns the participant, which has left
   * @throws {BadUserInput} naming `id` if the caller may see no such participant, or `ban` if nothing tells it from others
   * @throws {PlatformUnavailable} or {PlatformRejected} if the platform does not confirm now; the message says that the removal is kept
   */
  async remove(_caller: Caller, _id: string, _ban: BanRequest | null): Promise<Participant> {
    throw new Error(`to do ${this.#parts}`);
  }

  /**
   * Mutes the streams that a participant publishes now. It can unmute itself.
   *
   * @throws {NotPresent} if it has left or publishes none
   */
  async muteParticipant(_caller: Caller, _id: string): Promise<Participant> {
    throw new Error("to do");
  }

  /**
   * Mutes all streams of a session, now and later, or ends that state.
   *
   * @param except the IDs of streams that stay as they are; only if `active`
   * @throws {BadUserInput} naming `except`
   * @throws {NotPresent} if the platform does not know the session
   */
  async muteSession(
    _caller: Caller,
    _sessionId: string,
    _except: readonly string[],
    _active: boolean,
  ): Promise<void> {
    throw new Error("to do");
  }

  /**
   * Sends a signal to a participant, or to all clients of the session for null.
   *
   * @throws {BadUserInput} naming `type`, `data` or `participantId`
   * @throws {NotPresent} if the participant has left
   */
  async signal(
    _caller: Caller,
    _sessionId: string,
    _participantId: string | null,
    _signal: Signal,
  ): Promise<void> {
    throw new Error("to do");
  }

  /**
   * Sets the most participants of a session; null for no limit. A lower limit removes nobody: it applies to whoever joins next.
   *
   * @throws {BadUserInput} naming `maxParticipants`, or `sessionId` if the session was not created here
   */
  async limit(_caller: Caller, _sessionId: string, _maxParticipants: number | null): Promise<void> {
    throw new Error("to do");
  }
}
