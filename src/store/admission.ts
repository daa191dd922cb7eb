import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Inadmissible } from "../domain/admission.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import { RemovalReason } from "../domain/removal.ts";
import type { Engine } from "./engine.ts";
import type { Tables } from "./tables.ts";
import { CLOCK_TOLERANCE } from "./token-matches.ts";

/** How long somebody may be in a guarded session before an event tells who it is, in milliseconds. */
const GRACE = 5000;

/** Whether a ban keeps anybody out now. The first part is the condition of the indexes. */
export const isInForce = ({ clock }: Engine) =>
  sql<boolean>`bans.lifted_at is null and (bans.until is null or bans.until > ${clock})`;

/** The bans in force for the session of a row, by one of its columns. */
const bansOf = (engine: Engine, row: string, column: "identity" | "data_fingerprint") => sql`
  from bans where ${isInForce(engine)} and bans.${sql.ref(column)} = ${sql.ref(`${row}.${column}`)}
    and (bans.session_id is null or bans.session_id = ${sql.ref(`${row}.session_id`)})`;

/** Whether a token of the ledger is revoked or banned. */
const isExcluded = (engine: Engine, token: string) => sql`(
  ${sql.ref(`${token}.revoked_at`)} is not null
  or exists (select 1 ${bansOf(engine, token, "identity")}) or exists (select 1 ${bansOf(engine, token, "data_fingerprint")}))`;

/** How many participants count for the limit of a row's session. Those who must leave do not. */
const seatsOf = (row: string) => sql`(
  select count(*) from participants as seated where seated.session_id = ${sql.ref(`${row}.session_id`)} and seated.left_at is null
    and not exists (select 1 from removals where removals.participant_id = seated.id))`;

/** A condition, in plain SQL, under which the ledger takes a row of `new`. @param sessions the parameters of all of its sessions */
export type Admits = (sessions: readonly string[]) => string;

/** The conditions of the ledger. */
export interface Admission {
  /** Takes no token of a session with a limit. PostgreSQL plans every insert anew, and this one faster. */
  readonly unlimited: Admits;
  /** Takes a token unless it is banned or its session is full. */
  readonly exact: Admits;
}

/** Makes the conditions of the ledger. */
export function admission(database: Kysely<Tables>, engine: Engine): Admission {
  // Each part of `or` has the condition of the indexes, without which SQLite would look at all bans.
  const isFree = sql`${engine.seesBans} and not exists (
    select 1 from bans where ${isInForce(engine)} and coalesce(bans.session_id, new.session_id) = new.session_id
      and (bans.lifted_at is null and bans.identity = new.identity
        or bans.lifted_at is null and bans.data_fingerprint = new.data_fingerprint))`;
  const isLimited = sql`sessions.max_participants is not null`;
  const isFull = sql`${isLimited} and sessions.max_participants <= ${seatsOf("sessions")}`;
  const free = isFree.compile(database).sql;
  const admitting = (condition: RawBuilder<unknown>): Admits => {
    const { sql: excluded } = condition.compile(database);
    return (sessions) => `${free} and new.session_id not in (
      select sessions.session_id from sessions where ${excluded} and sessions.session_id in (${sessions.join(", ")}))`;
  };
  return { unlimited: admitting(isLimited), exact: admitting(isFull) };
}

/** Why the ledger does not take these tokens, by their IDs. Those that it would take now are left out. */
export async function refusals(
  database: Kysely<Tables>,
  engine: Engine,
  tokens: readonly IssuedToken[],
): Promise<Map<string, Inadmissible>> {
  const refused = new Map<string, Inadmissible>();
  if (tokens.length === 0) return refused;
  const rows = tokens.map(
    ({ id, sessionId, identity, fingerprint }) =>
      sql`(cast(${id} as text), cast(${sessionId} as text), cast(${identity} as text), cast(${fingerprint} as text))`,
  );
  const last = (column: "identity" | "data_fingerprint") => sql`
    (select max(coalesce(bans.until, ${sql.lit(NEVER)})) ${bansOf(engine, "new", column)})`;
  // Each session is counted once, not for each of its tokens.
  const found = await sql<Reasons>`
    with new (id, session_id, identity, data_fingerprint) as (values ${sql.join(rows)}),
    filled as materialized (
      select session_id, max_participants from sessions where session_id in (select session_id from new)
        and max_participants <= ${seatsOf("sessions")}
    )
    select id, ${last("identity")} as by_identity, ${last("data_fingerprint")} as by_data,
      (select max_participants from filled where filled.session_id = new.session_id) as full_with
    from new`.execute(database);
  for (const { id, by_identity, by_data, full_with } of found.rows) {
    const until = Math.max(by_identity ?? 0, by_data ?? 0);
    if (until > 0) refused.set(id, { bannedUntil: until === NEVER ? null : new Date(until) });
    else if (full_with !== null) refused.set(id, { maxParticipants: full_with });
  }
  return refused;
}

/** The end of a ban without end. */
const NEVER = Number.MAX_SAFE_INTEGER;

interface Reasons {
  readonly id: string;
  readonly by_identity: number | null;
  readonly by_data: number | null;
  readonly full_with: number | null;
}

/** Somebody who is in a session, and changed. */
export interface Joined {
  readonly id: string;
  readonly sessionId: string;
  /** None, one or two: by the current credential, and by the previous one. */
  readonly fingerprints: readonly string[];
  /** Whether it takes a seat that it did not have. */
  readonly isNew: boolean;
}

/** Whom a ban or a revocation may concern: those with one value, and those of whom several tokens, or none, are known. */
export interface Concerned {
  /** Null for all sessions. */
  readonly sessionId: string | null;
  readonly column: "identity" | "data_fingerprint" | "token_id";
  readonly value: string;
}

/**
 * Requests the removal of participants who may not be in their sessions. The transaction has locked the changes.
 * A removal that was requested before stays, unless it was because nobody told who the participant is.
 */
export async function requestRemovals(
  transaction: Kysely<Tables>,
  engine: Engine,
  whom: { readonly joined: readonly Joined[] } | Concerned,
): Promise<void> {
  if (!("joined" in whom)) return exclude(transaction, engine, concerned(whom));
  const { joined } = whom;
  if (joined.length === 0) return;
  const cancelled = await transaction
    .deleteFrom("removals")
    .where(
      "participant_id",
      "in",
      joined.map(({ id }) => id),
    )
    .where("reason", "=", RemovalReason.UNIDENTIFIED)
    .returning("participant_id")
    .execute();
  const rows = joined.map(
    ({ id, fingerprints: [first = null, second = first] }) =>
      sql`(cast(${id} as text), cast(${first} as text), cast(${second} as text))`,
  );
  await exclude(transaction, engine, sql`values ${sql.join(rows)}`);
  const seated = new Set(cancelled.map(({ participant_id }) => participant_id));
  const arriving = joined.filter(({ id, isNew }) => isNew || seated.has(id));
  if (arriving.length === 0) return;
  // Those who must leave take no seat, so nobody else leaves for them.
  const leaving = await transaction
    .selectFrom("removals")
    .select("participant_id")
    .where(
      "participant_id",
      "in",
      arriving.map(({ id }) => id),
    )
    .execute();
  const excluded = new Set(leaving.map(({ participant_id }) => participant_id));
  const arrivals = new Map<string, number>();
  for (const { id, sessionId } of arriving)
    if (!excluded.has(id)) arrivals.set(sessionId, (arrivals.get(sessionId) ?? 0) + 1);
  if (arrivals.size > 0) await showOut(transaction, engine, arrivals);
}

/** Cancels the removals that a lifted ban caused, except those of participants whom something else keeps out. */
export async function cancelRemovals(
  transaction: Kysely<Tables>,
  engine: Engine,
  banId: string,
  whom: Concerned,
): Promise<void> {
  const who = concerned(whom);
  const before = await pending(transaction);
  // A removal names no ban if nobody knows for sure who the participant is.
  await sql`
    delete from removals where ban_id = ${banId}
      or reason in (${sql.lit(RemovalReason.REVOKED)}, ${sql.lit(RemovalReason.UNIDENTIFIED)})
        and participant_id in (select id from (${who}) as concerned)`.execute(transaction);
  await exclude(transaction, engine, who);
  const after = await pending(transaction);
  const seated = [...before].map(([session, count]) => [session, count - (after.get(session) ?? 0)] as const);
  const arrivals = new Map(seated.filter(([, count]) => count > 0));
  if (arrivals.size > 0) await showOut(transaction, engine, arrivals);
}

/** How many participants must leave, by session; only of sessions with a limit. */
async function pending(transaction: Kysely<Tables>): Promise<Map<string, number>> {
  const rows = await transaction
    .selectFrom("removals")
    .innerJoin("sessions", "sessions.session_id", "removals.session_id")
    .where("max_participants", "is not", null)
    .select(["removals.session_id", ({ fn }) => fn.countAll().as("count")])
    .groupBy("removals.session_id")
    .execute();
  return new Map(rows.map(({ session_id, count }) => [session_id, Number(count)]));
}

/** Ends the removals of participants who have left. */
export async function endRemovals(transaction: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  await transaction.deleteFrom("removals").where("participant_id", "in", ids).execute();
}

function concerned({ sessionId, column, value }: Concerned): RawBuilder<unknown> {
  const isThere =
    sessionId === null ? sql`left_at is null` : sql`left_at is null and session_id = ${sessionId}`;
  const who = sql`select id, data_fingerprint, data_fingerprint from participants where ${isThere}`;
  // Of several tokens of one identity, only a revocation concerns one alone.
  const unmatched =
    column === "token_id" ? sql`token_id is null` : sql`token_id is null and identity is null`;
  // Not everybody whose token is unknown: a ban of all sessions would look for the tokens of thousands.
  const theirs =
    sessionId === null && column === "identity"
      ? sql`and session_id in (
          select session_id from (select distinct session_id from participants where left_at is null and ${unmatched}) as occupied
          where exists (select 1 from issued_tokens as token
            where token.session_id = occupied.session_id and token.identity = ${value}))`
      : sql``;
  return sql`${who} and ${sql.ref(column)} = ${value} union ${who} and ${unmatched} ${theirs}`;
}

/** Requests the removal of those of `who` whom a ban or a revocation keeps out, and of those who may be such. */
async function exclude(transaction: Kysely<Tables>, engine: Engine, who: RawBuilder<unknown>): Promise<void> {
  const { clock } = engine;
  const fits = sql`from issued_tokens as token where token.session_id = p.session_id
    and token.data_fingerprint in (who.first, who.second) and (p.identity is null or token.identity = p.identity)
    and token.expires_at > p.joined_at - ${sql.lit(CLOCK_TOLERANCE)} and token.issued_at <= p.joined_at + ${sql.lit(CLOCK_TOLERANCE)}`;
  const ban = sql`coalesce(
    (select min(bans.id) ${bansOf(engine, "p", "identity")}),
    (select min(bans.id) from bans where ${isInForce(engine)} and bans.data_fingerprint in (who.first, who.second)
      and (bans.session_id is null or bans.session_id = p.session_id)))`;
  // Of several tokens, each stops the search that still works.
  const isRevoked = sql`
    exists (select 1 from issued_tokens as token where token.id = p.token_id and token.revoked_at is not null)
    or p.token_id is null and who.first is not null
      and not exists (select 1 ${fits} and not ${isExcluded(engine, "token")}) and exists (select 1 ${fits})`;
  const isUnknown = (
    of: string,
  ) => sql`${sql.ref(`${of}.data`)} is null and ${sql.ref(`${of}.data_fingerprint`)} is null
    and ${sql.ref(`${of}.token_id`)} is null and ${sql.ref(`${of}.identity`)} is null`;
  // Only the sessions of unknown participants. Their tokens are read, because an index of identities would slow down every token.
  const guarded = sql`
    select session_id from (
      select distinct u.session_id from who cross join participants as u where u.id = who.id and ${isUnknown("u")}
    ) as unknown
    where exists (select 1 from issued_tokens as token where token.session_id = unknown.session_id
        and token.revoked_at is not null and token.expires_at > ${clock})
      or exists (select 1 from bans where ${isInForce(engine)} and bans.session_id = unknown.session_id
        and bans.data_fingerprint is not null)
      or exists (select 1 from issued_tokens as token where token.session_id = unknown.session_id
        and token.expires_at > ${clock} and exists (select 1 ${bansOf(engine, "token", "identity")}))`;
  // `cross join` keeps SQLite from searching all participants, and `materialized` from deciding again for each use.
  await sql`
    with who (id, first, second) as (${who}), looked as materialized (
      select p.id, p.session_id, ${ban} as ban_id, (${isRevoked}) as is_revoked,
        (${isUnknown("p")} and p.session_id in (${guarded})) as is_unknown
      from who cross join participants as p where p.id = who.id
    )
    insert into removals (participant_id, session_id, reason, ban_id, created_at, attempts, due_at)
    select id, session_id, reason, case when reason = ${sql.lit(RemovalReason.BANNED)} then ban_id end, ${clock}, 0,
      ${clock} + case when reason = ${sql.lit(RemovalReason.UNIDENTIFIED)} then ${sql.lit(GRACE)} else 0 end
    from (
      select id, session_id, ban_id, case
        when ban_id is not null then ${sql.lit(RemovalReason.BANNED)}
        when is_revoked then ${sql.lit(RemovalReason.REVOKED)}
        when is_unknown then ${sql.lit(RemovalReason.UNIDENTIFIED)}
      end as reason
      from looked
    ) as decided
    where reason is not null
    on conflict (participant_id) do nothing`.execute(transaction);
}

/** Requests the removal of the latest participants of full sessions, at most as many as arrived. */
async function showOut(
  transaction: Kysely<Tables>,
  { clock }: Engine,
  arrivals: ReadonlyMap<string, number>,
): Promise<void> {
  const limited = await transaction
    .selectFrom("sessions")
    .select(["session_id", "max_participants", sql<number>`${seatsOf("sessions")}`.as("seated")])
    .where("session_id", "in", [...arrivals.keys()])
    .where("max_participants", "is not", null)
    .execute();
  for (const { session_id, max_participants, seated } of limited) {
    const over = Math.min(Number(seated) - (max_participants ?? 0), arrivals.get(session_id) ?? 0);
    if (over <= 0) continue;
    await sql`
      insert into removals (participant_id, session_id, reason, created_at, attempts, due_at)
      select id, session_id, ${sql.lit(RemovalReason.FULL)}, ${clock}, 0, ${clock} from participants
      where session_id = ${session_id} and left_at is null
        and not exists (select 1 from removals where removals.participant_id = participants.id)
      order by joined_at desc, position desc limit ${sql.lit(over)}`.execute(transaction);
  }
}
