import type { Caller } from "../access/caller.ts";
import { checkArgument } from "../access/policy.ts";
import { checkUntil } from "../domain/ban.ts";
import { checkExcept } from "../domain/muting.ts";
import { connectionIdOf, type Participant } from "../domain/participant.ts";
import { checkMaxParticipants } from "../domain/session.ts";
import { SIGNAL_LIMITS, type Signal } from "../domain/signal.ts";
import { checkText } from "../domain/text.ts";
import { BadUserInput, NotPresent, RemovalKept, StagepassError } from "../errors.ts";
import { NotInSession, type Platform } from "../platform/platform.ts";
import type { SigningService } from "../signing/signing-service.ts";
import type { Bans, Removals } from "../store/store.ts";
import { ofBan } from "./bans.ts";
import { checkActs, checkLedger, checkManagesIn, type ManagedParts, participantFor } from "./managed.ts";
import type { Remover } from "./remover.ts";

/** The dependencies of `ModerationService`. */
export interface ModerationParts extends ManagedParts {
  readonly platform: Platform;
  readonly signing: SigningService;
  readonly bans: Bans;
  readonly removals: Removals;
  readonly remover: Remover;
}

/** A ban that goes with a removal. */
export interface BanRequest {
  readonly until: Date | null;
}

/** Acts on the participants of sessions, as the platform's SDKs do. Every act throws `RateLimited` beyond the caller's quota. */
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
   * @throws {Forbidden} if the caller must be a moderator in the session, or may not ban
   * @throws {RemovalKept} with the platform's code if the platform does not confirm now
   */
  async remove(caller: Caller, id: string, ban: BanRequest | null): Promise<Participant> {
    const { removals, remover, audit, shares } = this.#parts;
    if (ban !== null) checkArgument(caller, "removeParticipant(ban:)");
    const participant = await this.#participant(caller, id);
    const { sessionId, identity, leftAt } = participant;
    if (ban !== null) {
      await this.#ban(caller, participant, ban);
      // It may concern others, even if this one has left.
      remover.wake();
    }
    if (leftAt !== null) return participant;
    await shares.query(caller.id, () => removals.request(id));
    await audit.acted(caller, "participant.removed", { sessionId, participant: id, identity });
    await remover.attempt(id).catch((error) => {
      throw error instanceof StagepassError ? new RemovalKept(error) : error;
    });
    return (await participantFor(this.#parts, caller, id)) ?? participant;
  }

  /**
   * Mutes the streams that a participant publishes now, the latest `MAX_SHOWN_STREAMS` of more. It can unmute itself.
   *
   * @throws {BadUserInput} naming `id` if the caller may see no such participant
   * @throws {NotPresent} if it has left or publishes none
   */
  async muteParticipant(caller: Caller, id: string): Promise<Participant> {
    const { participants, platform, audit, shares, now } = this.#parts;
    const participant = await this.#participant(caller, id);
    checkPresent(participant);
    const { sessionId, identity } = participant;
    const streams = await shares.query(caller.id, () => participants.streams([id]));
    const calls = await Promise.allSettled(
      streams.map((stream) => platform.muteStream(sessionId, stream.id, now())),
    );
    if (calls.some(({ status }) => status === "fulfilled"))
      await audit.acted(caller, "participant.muted", { sessionId, participant: id, identity });
    const failures = calls.flatMap((call) => (call.status === "rejected" ? [call.reason] : []));
    // A stream that has ended meanwhile needs no mute.
    const failure = failures.find((each) => !(each instanceof NotInSession));
    if (failure !== undefined) throw failure;
    if (failures.length === calls.length) throw new NotPresent("The participant publishes no stream");
    return participant;
  }

  /**
   * Mutes all streams of a session, now and later, or ends that state.
   *
   * @param except the IDs of streams that stay as they are; only if `active`
   * @throws {BadUserInput} naming `except`
   * @throws {SessionNotFound} when the session's ID is malformed or another project's
   * @throws {NotPresent} if the platform does not know the session
   */
  async muteSession(
    caller: Caller,
    sessionId: string,
    except: readonly string[],
    active: boolean,
  ): Promise<void> {
    const { platform, audit, now } = this.#parts;
    await checkActs(this.#parts, caller, sessionId);
    checkExcept(except, active);
    await asPresent(platform.muteAll(sessionId, { active, excludedStreamIds: except }, now()));
    await audit.acted(caller, active ? "session.muted" : "session.unmuted", { sessionId });
  }

  /**
   * Sends a signal to a participant, or to all clients of the session for null.
   *
   * @throws {BadUserInput} naming `type`, `data` or `participantId`
   * @throws {SessionNotFound} when the session's ID is malformed or another project's
   * @throws {NotPresent} if the participant has left, or nobody is in the session
   */
  async signal(
    caller: Caller,
    sessionId: string,
    participantId: string | null,
    signal: Signal,
  ): Promise<void> {
    const { platform, audit, now } = this.#parts;
    await checkActs(this.#parts, caller, sessionId);
    for (const field of ["type", "data"] as const) checkText(field, signal[field], SIGNAL_LIMITS[field]);
    let connectionId: string | null = null;
    if (participantId !== null) {
      const participant = await participantFor(this.#parts, caller, participantId);
      if (participant?.sessionId !== sessionId)
        throw new BadUserInput(
          "participantId",
          "participantId must be the ID of a participant of this session",
        );
      checkPresent(participant);
      connectionId = connectionIdOf(participantId);
    }
    await asPresent(platform.signal(sessionId, connectionId, signal, now()));
    await audit.acted(caller, "signal.sent", { sessionId, participant: participantId });
  }

  /**
   * Sets the most participants of a session; null for no limit. A lower limit removes nobody: it applies to later clients.
   *
   * @throws {BadUserInput} naming `maxParticipants`, or `sessionId` if the session was not created here
   * @throws {SessionNotFound} when the session's ID is malformed or another project's
   * @throws {LedgerOff} when this server keeps no ledger
   */
  async limit(caller: Caller, sessionId: string, maxParticipants: number | null): Promise<void> {
    const { sessions, audit, shares } = this.#parts;
    await checkActs(this.#parts, caller, sessionId);
    checkLedger(this.#parts);
    if (maxParticipants !== null) checkMaxParticipants(maxParticipants);
    if (!(await shares.query(caller.id, () => sessions.limit(sessionId, maxParticipants))))
      throw new BadUserInput("sessionId", "sessionId must be the ID of a session that this server created");
    await audit.acted(caller, "session.limited", { sessionId, maxParticipants });
  }

  /** A participant that the caller may act on, which counts as an act. */
  async #participant(caller: Caller, id: string): Promise<Participant> {
    await this.#parts.quota.take(caller, 1);
    const participant = await participantFor(this.#parts, caller, id);
    if (!participant)
      throw new BadUserInput(
        "id",
        "id must be the ID of a participant, in a session that the caller may use",
      );
    await checkManagesIn(this.#parts, caller, participant.sessionId);
    return participant;
  }

  async #ban(
    caller: Caller,
    { sessionId, identity, data, fingerprint }: Participant,
    { until }: BanRequest,
  ): Promise<void> {
    const { bans, signing, audit, shares, now } = this.#parts;
    checkLedger(this.#parts);
    checkUntil(until, now());
    // That of the current key, unless a database cannot store the data.
    const known = data === null ? fingerprint : signing.fingerprint(sessionId, data);
    const isEmpty = known === null || signing.fingerprints(sessionId, null).includes(known);
    if (identity === null && isEmpty)
      throw new BadUserInput(
        "ban",
        "ban needs a participant with an identity or with connection data; this one has neither, or has left",
      );
    const added = await shares.query(caller.id, () =>
      bans.add({
        identity,
        fingerprint: identity === null ? known : null,
        sessionId,
        until,
        createdBy: caller.subject,
      }),
    );
    await audit.acted(caller, "ban.created", ofBan(added));
  }
}

/** @throws {NotPresent} if it has left */
function checkPresent({ leftAt }: Participant): void {
  if (leftAt !== null) throw new NotPresent("The participant has left the session");
}

/** @throws {NotPresent} if the platform finds no such session or client */
function asPresent(call: Promise<void>): Promise<void> {
  return call.catch((error) => {
    throw error instanceof NotInSession ? new NotPresent(error.message) : error;
  });
}
