import type { Leave, Observation, StreamState } from "./observation.ts";
import { LeaveReason, participantId } from "./participant.ts";
import type { Role } from "./role.ts";
import { isStorable } from "./text.ts";

/** What the tokens that fit a participant tell about it. */
export interface TokenMatch {
  readonly tokenId: string | null;
  readonly identity: string | null;
  readonly role: Role | null;
}

/** A participant as it is stored. */
export interface ParticipantState extends TokenMatch {
  readonly id: string;
  readonly sessionId: string;
  /** Empty if its token has none; null if unknown, and once it has left. */
  readonly data: string | null;
  /** The fingerprint of its connection data; null if that is unknown, and once an event says that it has left. */
  readonly fingerprint: string | null;
  /** In epoch milliseconds. */
  readonly joinedAt: number;
  readonly leave: Leave | null;
  /** By ID; empty once it has left. */
  readonly streams: ReadonlyMap<string, StreamState>;
}

/**
 * The most streams that a participant keeps, with the marks of ended ones. With more, the oldest mark goes; without marks, the oldest
 * stream.
 */
export const MAX_STREAMS = 100;

/**
 * Merges an observation. The result of the platform's events depends neither on their order nor on repetition, up to `MAX_STREAMS`.
 *
 * @param known null for a participant that was never observed
 */
export function merged(known: ParticipantState | null, seen: Observation): ParticipantState {
  const before = known ?? unobserved(seen);
  const leave = leaveOf(before.leave, seen);
  return {
    ...before,
    data: leave === null ? dataOf(before.data, seen.data) : null,
    fingerprint: mayBeThere(leave) ? before.fingerprint : null,
    joinedAt: Math.min(before.joinedAt, seen.joinedAt),
    leave,
    streams: leave === null ? streamsOf(before.streams, seen.stream) : new Map(),
  };
}

/** Whether a participant is there or may come back. Until an event says that it has left, the platform's lists can name it again. */
export function mayBeThere(leave: Leave | null): boolean {
  return leave === null || leave.reason === LeaveReason.UNKNOWN;
}

/** Whether two states of a participant are the same. */
export function isSame(a: ParticipantState, b: ParticipantState): boolean {
  const text = ({ streams, ...others }: ParticipantState) => JSON.stringify([others, [...streams.values()]]);
  return text(a) === text(b);
}

function unobserved({ sessionId, connectionId, joinedAt }: Observation): ParticipantState {
  return {
    id: participantId(connectionId),
    sessionId,
    data: null,
    fingerprint: null,
    tokenId: null,
    identity: null,
    role: null,
    joinedAt,
    leave: null,
    streams: new Map(),
  };
}

/** The earliest event that says so decides. Reconciliation decides only as long as no event has. */
function leaveOf(known: Leave | null, { leave: seen, isListed }: Observation): Leave | null {
  if (known === null) return seen;
  const isGuess = known.reason === LeaveReason.UNKNOWN;
  if (seen === null) return isGuess && isListed ? null : known;
  if (seen.reason === LeaveReason.UNKNOWN) return known;
  if (isGuess || seen.at < known.at) return seen;
  return seen.at === known.at && seen.reason < known.reason ? seen : known;
}

/** Data that a database cannot store is not kept; tokens still fit it. */
function dataOf(known: string | null, seen: string | null): string | null {
  if (seen === null || !isStorable(seen)) return known;
  return known === null || seen > known ? seen : known;
}

function streamsOf(
  known: ReadonlyMap<string, StreamState>,
  seen: StreamState | null,
): ReadonlyMap<string, StreamState> {
  if (seen === null) return known;
  const before = known.get(seen.id);
  if (before?.isEnded || (before && !seen.isEnded)) return known;
  const streams = new Map(known).set(seen.id, seen);
  if (streams.size > MAX_STREAMS)
    streams.delete([...streams.values()].reduce((a, b) => (goesFirst(a, b) ? a : b)).id);
  return streams;
}

function goesFirst(a: StreamState, b: StreamState): boolean {
  if (a.isEnded !== b.isEnded) return a.isEnded;
  return a.createdAt < b.createdAt || (a.createdAt === b.createdAt && a.id < b.id);
}
