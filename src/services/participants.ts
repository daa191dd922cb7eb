import type { Caller } from "../access/caller.ts";
import type { MonitoringEvent } from "../domain/monitoring-event.ts";
import type { Participant, ParticipantStream } from "../domain/participant.ts";
import type { Session } from "../domain/session.ts";
import type { Page, PageInput } from "./page.ts";

/** The participants of sessions, for callers and for the platform's events. */
export interface ParticipantService {
  /**
   * Applies events of this project, in any order and any number of times. Resolves when the result is durable.
   *
   * @throws {DatabaseUnavailable} if it cannot be stored; then send the events again
   */
  apply(events: readonly MonitoringEvent[]): Promise<void>;

  /**
   * A page of the participants of each session, latest first, in one query; `Forbidden` for a session that the caller may not use.
   * There are at most 100 sessions, without duplicates.
   *
   * @param present whether only those who are in the session now count
   * @throws {BadUserInput} naming `first` or `after`
   */
  pages(
    caller: Caller,
    sessions: readonly Session[],
    page: PageInput,
    present: boolean,
  ): Promise<readonly (Page<Participant> | Error)[]>;

  /** How many participants each session has now, up to 10,000, in one query; `Forbidden` for a session that the caller may not use. */
  counts(caller: Caller, sessions: readonly Session[]): Promise<readonly (number | Error)[]>;

  /** The participants with these IDs, in order; null for an unknown or forbidden one. */
  findMany(caller: Caller, ids: readonly string[]): Promise<(Participant | null)[]>;

  /** The streams that each participant publishes now, in order, in one query. */
  streams(caller: Caller, participantIds: readonly string[]): Promise<ParticipantStream[][]>;
}
