import { type Insertable, type Kysely, sql } from "kysely";
import { participantId } from "../domain/participant.ts";
import { isSame, mayBeThere, merged, type ParticipantState } from "../domain/participant-state.ts";
import { endRemovals, type Joined, requestRemovals } from "./admission.ts";
import type { Engine } from "./engine.ts";
import { toParticipantRow, toState, toStreamRow } from "./participant-rows.ts";
import type { Observed } from "./store.ts";
import type { ParticipantStreamTable, Tables } from "./tables.ts";
import { type Sought, tokenMatches } from "./token-matches.ts";

/** Runs a transaction that sees all commits before it got the lock, in every configuration of the database. */
export function changing<T>(
  kysely: Kysely<Tables>,
  change: (transaction: Kysely<Tables>) => Promise<T>,
): Promise<T> {
  return kysely.transaction().setIsolationLevel("read committed").execute(change);
}

/**
 * Locks the row of changes until the transaction ends, so that transactions of all replicas that change participants run one after
 * another. They become visible in the order of their numbers, and cannot deadlock.
 *
 * @returns the number of the latest change, and the current lease of reconciliation
 */
export async function lockChanges(transaction: Kysely<Tables>, { endsWhenSilent }: Engine) {
  return transaction
    .insertInto("participant_changes")
    .values({ id: 1, latest: 0 })
    .onConflict((conflict) =>
      conflict.column("id").doUpdateSet(({ ref }) => ({ latest: ref("participant_changes.latest") })),
    )
    .returning(["latest", "lease_id", endsWhenSilent.as("timeout")])
    .executeTakeFirstOrThrow();
}

/**
 * Merges observations into the rows, in a transaction that has locked the changes. Participants that stay the same get no change.
 *
 * @param latest the number of the latest change
 */
export async function changeParticipants(
  transaction: Kysely<Tables>,
  engine: Engine,
  latest: number,
  observed: readonly Observed[],
): Promise<void> {
  const before = await statesOf(transaction, observed);
  const after = new Map(before);
  for (const { seen } of observed) {
    const id = participantId(seen.connectionId);
    after.set(id, merged(after.get(id) ?? null, seen));
  }
  const fingerprints = fingerprint(observed, after);
  await matchTokens(transaction, observed, after);
  const changed = [...after.values()].filter((state) => {
    const known = before.get(state.id);
    return known === undefined || !isSame(known, state);
  });
  if (changed.length === 0) return;
  await writeParticipants(transaction, latest, changed);
  await writeStreams(transaction, before, changed);
  await transaction
    .updateTable("participant_changes")
    .set({ latest: latest + changed.length })
    .execute();
  await admit(transaction, engine, before, changed, fingerprints);
}

/** Sets the fingerprint of everybody whose connection data is known. Resolves to all fingerprints that their tokens may have. */
function fingerprint(
  observed: readonly Observed[],
  states: Map<string, ParticipantState>,
): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, readonly string[]>();
  for (const { seen, fingerprints } of observed) {
    const state = states.get(participantId(seen.connectionId));
    const [current] = fingerprints;
    if (state === undefined || current === undefined) continue;
    all.set(state.id, fingerprints);
    if (mayBeThere(state.leave)) states.set(state.id, { ...state, fingerprint: current });
  }
  return all;
}

/** Requests the removal of those who may not be in their sessions, and ends that of those who have left. */
async function admit(
  transaction: Kysely<Tables>,
  engine: Engine,
  before: ReadonlyMap<string, ParticipantState>,
  changed: readonly ParticipantState[],
  fingerprints: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const left = changed.filter(({ leave }) => leave !== null);
  if (left.length > 0)
    await endRemovals(
      transaction,
      left.map(({ id }) => id),
    );
  const present = changed.filter(({ leave }) => leave === null);
  const joined = present.map((state): Joined => {
    const { id, sessionId, fingerprint } = state;
    const known = before.get(id);
    return {
      id,
      sessionId,
      fingerprints: fingerprints.get(id) ?? (fingerprint === null ? [] : [fingerprint]),
      isNew: known === undefined || known.leave !== null,
    };
  });
  if (joined.length > 0) await requestRemovals(transaction, engine, { joined });
}

async function statesOf(
  transaction: Kysely<Tables>,
  observed: readonly Observed[],
): Promise<Map<string, ParticipantState>> {
  const ids = [...new Set(observed.map(({ seen }) => participantId(seen.connectionId)))];
  const rows = await transaction.selectFrom("participants").selectAll().where("id", "in", ids).execute();
  const present = rows.filter(({ left_at }) => left_at === null).map(({ id }) => id);
  const streams =
    present.length === 0
      ? []
      : await transaction
          .selectFrom("participant_streams")
          .selectAll()
          .where("participant_id", "in", present)
          .execute();
  const streamsOf = new Map(present.map((id): [string, typeof streams] => [id, []]));
  for (const stream of streams) streamsOf.get(stream.participant_id)?.push(stream);
  return new Map(rows.map((row) => [row.id, toState(row, streamsOf.get(row.id) ?? [])]));
}

/** Finds the tokens of participants whose connection data is known, once for each. */
async function matchTokens(
  transaction: Kysely<Tables>,
  observed: readonly Observed[],
  states: Map<string, ParticipantState>,
): Promise<void> {
  const sought = new Map<string, Sought>();
  for (const { seen, fingerprints } of observed) {
    const state = states.get(participantId(seen.connectionId));
    if (state === undefined || fingerprints.length === 0 || isMatched(state)) continue;
    sought.set(state.id, { sessionId: state.sessionId, fingerprints, joinedAt: state.joinedAt });
  }
  const matches = await tokenMatches(transaction, [...sought.values()]);
  for (const [i, id] of [...sought.keys()].entries()) {
    const [state, match] = [states.get(id), matches[i]];
    if (state && match) states.set(id, { ...state, ...match });
  }
}

function isMatched({ tokenId, identity, role }: ParticipantState): boolean {
  return tokenId !== null || identity !== null || role !== null;
}

async function writeParticipants(
  transaction: Kysely<Tables>,
  latest: number,
  changed: readonly ParticipantState[],
): Promise<void> {
  await transaction
    .insertInto("participants")
    .values(changed.map((state, i) => toParticipantRow(state, latest + i + 1)))
    .onConflict((conflict) =>
      conflict.column("id").doUpdateSet(({ ref }) => ({
        data: ref("excluded.data"),
        token_id: ref("excluded.token_id"),
        identity: ref("excluded.identity"),
        role: ref("excluded.role"),
        joined_at: ref("excluded.joined_at"),
        left_at: ref("excluded.left_at"),
        leave_reason: ref("excluded.leave_reason"),
        change: ref("excluded.change"),
        data_fingerprint: ref("excluded.data_fingerprint"),
      })),
    )
    .execute();
}

async function writeStreams(
  transaction: Kysely<Tables>,
  before: ReadonlyMap<string, ParticipantState>,
  changed: readonly ParticipantState[],
): Promise<void> {
  const written: Insertable<ParticipantStreamTable>[] = [];
  const deleted: [participantId: string, streamId: string][] = [];
  const emptied: string[] = [];
  for (const { id, streams } of changed) {
    const known = before.get(id)?.streams ?? new Map();
    for (const stream of streams.values())
      if (known.get(stream.id) !== stream) written.push(toStreamRow(id, stream));
    // Not one by one: a statement can have too few parameters for all streams of many participants.
    if (streams.size === 0 && known.size > 0) emptied.push(id);
    else for (const streamId of known.keys()) if (!streams.has(streamId)) deleted.push([id, streamId]);
  }
  if (emptied.length > 0)
    await transaction.deleteFrom("participant_streams").where("participant_id", "in", emptied).execute();
  if (deleted.length > 0) {
    const keys = deleted.map(([id, streamId]) => sql`(${id}, ${streamId})`);
    await sql`delete from participant_streams where (participant_id, stream_id) in (values ${sql.join(keys)})`.execute(
      transaction,
    );
  }
  if (written.length === 0) return;
  await transaction
    .insertInto("participant_streams")
    .values(written)
    .onConflict((conflict) =>
      conflict.columns(["participant_id", "stream_id"]).doUpdateSet(({ ref }) => ({
        name: ref("excluded.name"),
        video_type: ref("excluded.video_type"),
        created_at: ref("excluded.created_at"),
        is_ended: ref("excluded.is_ended"),
      })),
    )
    .execute();
}
