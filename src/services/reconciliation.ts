import { once } from "node:events";
import type { Observation } from "../domain/observation.ts";
import { LeaveReason } from "../domain/participant.ts";
import type { Platform, PlatformConnection, PlatformStream } from "../platform/platform.ts";
import type { Participants, Present } from "../store/store.ts";
import { type Background, repeatedly } from "./repeatedly.ts";

/** The time from the end of one reconciliation to the start of the next, on any replica, in milliseconds. */
export const INTERVAL = 40_000;
/** The time between two attempts of a replica to take the lease, in milliseconds. */
const ATTEMPT = 3000;
/** How long a lease lasts without renewal, in milliseconds. With the other two, a dead holder delays the next run to a minute at most. */
export const LEASE = 10_000;
/** The sessions that are compared at the same time. Each waits for the platform. */
const AT_ONCE = 5;
/** How recent a row may be to stay although the platform does not list it, in milliseconds: clocks differ, and lists lag. */
const RECENT = 10_000;
/** The most observations that one call of the store takes. */
const PER_CALL = 500;

/** Receives the failures of reconciliation. */
export interface ReconciliationListener {
  /** Called after a run in which the platform failed for some sessions, which the next run tries again; with the last cause. */
  onSkipped(sessions: number, cause: unknown): void;
  /** Called when a run fails. Another replica, or this one, tries again. */
  onFailure(error: unknown): void;
}

/** The dependencies of reconciliation. */
export interface ReconciliationParts {
  readonly participants: Participants;
  readonly platform: Pick<Platform, "connections" | "streams">;
  readonly now: () => Date;
}

/** Reconciles at the start and about every minute, on one replica at a time. */
export function reconcileRegularly(parts: ReconciliationParts, listener: ReconciliationListener): Background {
  return repeatedly(ATTEMPT, async (stopping) => {
    await reconcile(parts, listener, stopping).catch(listener.onFailure);
  });
}

/**
 * Compares the participants of every occupied session with the platform's lists, because events may get lost. A participant that
 * is not listed has left, with the reason `UNKNOWN`. A listed connection is present; its connection data stays unknown if no event
 * had it. An open stream that is not listed has ended. A listed stream without an event stays unknown: lists do not name its
 * participant.
 *
 * @returns false if nobody is in a session, another replica holds the lease, or the last run ended less than `INTERVAL` ago
 */
export async function reconcile(
  { participants, platform, now }: ReconciliationParts,
  { onSkipped }: ReconciliationListener,
  stopping: AbortSignal,
): Promise<boolean> {
  const { lease } = participants;
  // With nobody anywhere, an idle server writes nothing. Without the database nothing is due, and others report it.
  const take = async () =>
    (await participants.occupiedAfter("")) === null ? null : lease.take(LEASE, INTERVAL);
  const leaseId = await take().catch(() => null);
  if (leaseId === null) return false;
  const lost = new AbortController();
  const ends = AbortSignal.any([stopping, lost.signal]);
  const renewal = repeatedly(LEASE / 3, async () => {
    if (!(await lease.renew(leaseId, LEASE).catch(() => false))) lost.abort();
  });
  let skipped = 0;
  let cause: unknown;

  const compare = async (sessionId: string) => {
    const began = now();
    const present = await participants.present(sessionId);
    let listed: readonly PlatformConnection[];
    let streams: readonly PlatformStream[] = [];
    try {
      listed = await platform.connections(sessionId, began);
      if (present.some((each) => each.streams.length > 0)) streams = await platform.streams(sessionId, began);
    } catch (error) {
      skipped += 1;
      cause = error;
      return;
    }
    const observed = differences(sessionId, present, listed, streams, began.getTime()).map((seen) => {
      return { seen, fingerprints: [] };
    });
    for (let start = 0; start < observed.length; start += PER_CALL)
      if (!(await lease.apply(leaseId, observed.slice(start, start + PER_CALL)))) return lost.abort();
  };

  let next: Promise<string | null> = Promise.resolve("");
  const compareSome = async () => {
    for (;;) {
      next = next.then((last) => (last === null ? null : participants.occupiedAfter(last)));
      const sessionId = await next;
      if (sessionId === null || ends.aborted) return;
      await compare(sessionId);
    }
  };
  const all = Promise.allSettled(Array.from({ length: AT_ONCE }, compareSome));
  // Without the lease, nothing that the platform still answers is applied.
  const outcomes = await Promise.race([all, aborted(ends)]);
  await renewal.stop();
  if (skipped > 0) onSkipped(skipped, cause);
  const failure = outcomes.find(({ status }) => status === "rejected");
  if (failure) throw (failure as PromiseRejectedResult).reason;
  // A stopped run stays due, for another replica.
  if (!ends.aborted) await lease.end(leaseId);
  return true;
}

async function aborted(signal: AbortSignal): Promise<never[]> {
  if (!signal.aborted) await once(signal, "abort");
  return [];
}

/** What the platform's lists, begun at `began`, tell about a session. */
function differences(
  sessionId: string,
  present: readonly Present[],
  connections: readonly PlatformConnection[],
  streams: readonly PlatformStream[],
  began: number,
): Observation[] {
  const told = (connectionId: string, joinedAt: number, more: Partial<Observation>): Observation => {
    const nothing = { data: null, leave: null, stream: null, isListed: false };
    return { sessionId, connectionId, joinedAt, ...nothing, ...more };
  };
  const isOld = (since: number) => since <= began - RECENT;
  const known = new Set(present.map(({ connectionId }) => connectionId));
  const listed = new Set(connections.map(({ connectionId }) => connectionId));
  const listedStreams = new Set(streams.map(({ streamId }) => streamId));
  const arrived = connections
    .filter(({ connectionId, isConnected }) => isConnected && !known.has(connectionId))
    .map(({ connectionId, createdAt }) =>
      told(connectionId, createdAt?.getTime() ?? began, { isListed: true }),
    );
  const others = present.flatMap(({ connectionId, joinedAt, streams: open }) => {
    if (!listed.has(connectionId)) {
      const leave = { at: began, reason: LeaveReason.UNKNOWN };
      return isOld(joinedAt) ? [told(connectionId, joinedAt, { leave })] : [];
    }
    const ended = open.filter(({ id, createdAt }) => isOld(createdAt) && !listedStreams.has(id));
    return ended.map(({ id, createdAt }) => {
      const stream = { id, name: null, videoType: null, createdAt, isEnded: true };
      return told(connectionId, joinedAt, { stream });
    });
  });
  return [...arrived, ...others];
}
