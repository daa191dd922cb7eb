import type { Caller } from "../access/caller.ts";
import type { MonitoringEvent } from "../domain/monitoring-event.ts";
import { observationOf } from "../domain/observation.ts";
import type { Participant, ParticipantStream } from "../domain/participant.ts";
import type { Session } from "../domain/session.ts";
import { isStorable } from "../domain/text.ts";
import type { SigningService } from "../signing/signing-service.ts";
import type { Observed, Participants } from "../store/store.ts";
import { type Each, eachSession } from "./each-session.ts";
import { BY_TIME, MAX_TOTAL, type Page, type PageInput, pageOf, readingOf } from "./page.ts";
import { type UsableSessionsParts, usableSessions } from "./usable-sessions.ts";

/** The most observations that one call of the store takes. */
const PER_CALL = 500;

/** The most participants of a token that are shown. */
export const MAX_SHOWN_USES = 10;

/** The dependencies of `ParticipantService`. */
export interface ParticipantParts extends UsableSessionsParts {
  readonly signing: SigningService;
  readonly participants: Participants;
  /** Called when this server has applied events, which may have changed participants. */
  readonly onApplied: () => void;
}

/** The participants of sessions, for callers and for the platform's events. */
export class ParticipantService {
  readonly #parts: ParticipantParts;

  constructor(parts: ParticipantParts) {
    this.#parts = parts;
  }

  /**
   * Applies events of this project, in any order and any number of times. Resolves when the result is durable.
   *
   * @throws {DatabaseUnavailable} if it cannot be stored; then send the events again
   */
  async apply(events: readonly MonitoringEvent[]): Promise<void> {
    const { signing, participants, onApplied } = this.#parts;
    const observed = events.flatMap((event): Observed[] => {
      const seen = observationOf(event);
      if (seen === null) return [];
      const { sessionId, data } = seen;
      // A lone surrogate would have the fingerprint of U+FFFD, and so the tokens of other data.
      const isKnown = data?.isWellFormed() ?? false;
      return [{ seen, fingerprints: isKnown ? signing.fingerprints(sessionId, data) : [] }];
    });
    if (observed.length === 0) return;
    for (let start = 0; start < observed.length; start += PER_CALL)
      await participants.apply(observed.slice(start, start + PER_CALL));
    onApplied();
  }

  /**
   * A page of the participants of each session, latest first, in one query. `Forbidden` for a session that the caller may not use.
   * There are at most 100 sessions, without duplicates.
   *
   * @param present whether only those who are in the session now count
   * @throws {BadUserInput} naming `first` or `after`
   */
  async pages(
    caller: Caller,
    sessions: readonly Session[],
    page: PageInput,
    present: boolean,
  ): Promise<Each<Page<Participant>>> {
    const reading = readingOf(page, BY_TIME);
    return eachSession(this.#parts.shares, caller, sessions, async (ids) => {
      const found = await this.#parts.participants.pages(ids, present, reading.limit, reading.after);
      const items = found.map(({ position, participant }) => {
        return { place: { time: participant.joinedAt.getTime(), position }, node: participant };
      });
      return ids.map((id) => {
        const own = items.filter(({ node }) => node.sessionId === id);
        return pageOf(reading, own, BY_TIME);
      });
    });
  }

  /** The number of participants in each session now, up to 10,000, in one query. `Forbidden` for a session that the caller may not use. */
  counts(caller: Caller, sessions: readonly Session[]): Promise<Each<number>> {
    return eachSession(this.#parts.shares, caller, sessions, (ids) =>
      this.#parts.participants.count(ids, MAX_TOTAL),
    );
  }

  /** The participants with these IDs, in order, in one query; null for an unknown or forbidden one. */
  async findMany(caller: Caller, ids: readonly string[]): Promise<(Participant | null)[]> {
    const { participants, shares } = this.#parts;
    const known = ids.filter(isStorable);
    const found = known.length > 0 ? await shares.query(caller.id, () => participants.findMany(known)) : [];
    const sessionIds = found.map(({ sessionId }) => sessionId);
    const usable = await usableSessions(this.#parts, caller, sessionIds);
    const shown = new Map(
      found.filter(({ sessionId }) => usable.has(sessionId)).map((each) => [each.id, each]),
    );
    return ids.map((id) => shown.get(id) ?? null);
  }

  /** The participants of each token, in order, the latest `MAX_SHOWN_USES` of more, in one query. The caller may see the records of the tokens. */
  async usedBy(caller: Caller, tokenIds: readonly string[]): Promise<Participant[][]> {
    const { participants, shares } = this.#parts;
    const found = await shares.query(caller.id, () => participants.ofTokens(tokenIds, MAX_SHOWN_USES));
    return tokenIds.map((id) => found.filter(({ tokenId }) => tokenId === id));
  }

  /** The streams that each participant publishes now, in order, the latest `MAX_SHOWN_STREAMS` of more, in one query. `pages` or `findMany` gave the participants. */
  async streams(caller: Caller, participantIds: readonly string[]): Promise<ParticipantStream[][]> {
    const { participants, shares } = this.#parts;
    if (participantIds.length === 0) return [];
    const found = await shares.query(caller.id, () => participants.streams(participantIds));
    const streams = new Map(participantIds.map((id): [string, ParticipantStream[]] => [id, []]));
    for (const stream of found) streams.get(stream.participantId)?.push(stream);
    return participantIds.map((id) => streams.get(id) ?? []);
  }
}
