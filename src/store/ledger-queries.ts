import { type RawBuilder, type Selectable, sql } from "kysely";
import { type IssuedTokenFilter, timesOf } from "../domain/issued-token-filter.ts";
import { isUnbounded } from "../domain/time-range.ts";
import type { Engine } from "./engine.ts";
import type { LedgerWalk, TimePlace } from "./store.ts";
import type { IssuedTokenTable } from "./tables.ts";
import { isWithinRange, newestWithin } from "./time-walks.ts";

/** A query for the newest records before a position with a value in a column. It walks along the index of the two columns. */
export function newestOf(
  engine: Engine,
  columns: RawBuilder<unknown>,
  [column, value]: readonly [column: "id" | "session_id", value: string],
  limit: number,
  position: number | null,
): RawBuilder<unknown> {
  const older = engine.before(column, value, position ?? Number.MAX_SAFE_INTEGER);
  return sql`select ${columns} from issued_tokens where ${older}
    order by ${sql.ref(column)} desc, position desc limit ${limit}`;
}

/** The query for `IssuanceLedger.list`; undefined if no record can match. */
export function pageOfWalk(
  engine: Engine,
  walk: LedgerWalk,
  limit: number,
  after: TimePlace | null,
): RawBuilder<Selectable<IssuedTokenTable>> | undefined {
  return walked(engine, sql`*`, walk, limit, after) as RawBuilder<Selectable<IssuedTokenTable>> | undefined;
}

/** The query for `IssuanceLedger.countWalk`; undefined if no record can match. */
export function countOfWalk(
  engine: Engine,
  walk: LedgerWalk,
  filter: IssuedTokenFilter,
  limit: number,
  alike: number | null,
): RawBuilder<{ one_session: string; looked: number; count: number }> | undefined {
  const columns = sql`position, session_id, role, issued_to, issued_at`;
  // Several sessions have no order here: with one, the database would read up to `limit` records of each.
  const rows =
    "sessionIds" in walk && walk.sessionIds.length > 1
      ? sql`select * from (${newestOfEach(engine, columns, walk.sessionIds, limit, null)}) as newest limit ${limit}`
      : walked(engine, columns, walk, limit, null);
  return (
    rows &&
    sql`select min(session_id) as one_session, count(*) as looked, count(case when ${conditionOf(filter)} then 1 end) as count
    from (${rows}) as walk group by ${beginningOf(alike)}`
  );
}

/** What sessions that are counted together have in common: the first characters of their IDs, or the whole ID. */
export function beginningOf(alike: number | null): RawBuilder<string> {
  return alike === null ? sql`session_id` : sql`substr(session_id, 1, ${sql.lit(alike)})`;
}

function walked(
  engine: Engine,
  columns: RawBuilder<unknown>,
  walk: LedgerWalk,
  limit: number,
  after: TimePlace | null,
): RawBuilder<unknown> | undefined {
  const position = after?.position ?? null;
  if ("id" in walk) return newestOf(engine, columns, ["id", walk.id], limit, position);
  if ("issuedTo" in walk) {
    const key = walk.issuedTo === null ? null : (["issued_to", walk.issuedTo] as const);
    const index = { table: "issued_tokens", key, time: "issued_at" } as const;
    return newestWithin(engine, columns, index, walk.range, limit, after);
  }
  const [sessionId, ...others] = walk.sessionIds;
  if (sessionId === undefined) return undefined;
  if (others.length === 0) return newestOf(engine, columns, ["session_id", sessionId], limit, position);
  const walks = newestOfEach(engine, columns, walk.sessionIds, limit, position);
  return sql`select * from (${walks}) as newest order by position desc limit ${limit}`;
}

/** The newest records of each session before a position, one session after another. */
function newestOfEach(
  engine: Engine,
  columns: RawBuilder<unknown>,
  sessionIds: readonly string[],
  limit: number,
  position: number | null,
): RawBuilder<unknown> {
  const walks = sessionIds.map(
    (id) => sql`select * from (${newestOf(engine, columns, ["session_id", id], limit, position)}) as walk`,
  );
  return sql.join(walks, sql` union all `);
}

/** The condition of a filter, without the ID, which selects a walk. */
function conditionOf(filter: IssuedTokenFilter): RawBuilder<boolean> {
  const { sessionId, issuedTo, role } = filter;
  const times = timesOf(filter);
  const conditions = [
    ...(sessionId == null ? [] : [sql`session_id = ${sessionId}`]),
    ...(issuedTo == null ? [] : [sql`issued_to = ${issuedTo}`]),
    ...(role == null ? [] : [sql`role = ${role}`]),
    ...(isUnbounded(times) ? [] : [isWithinRange("issued_at", times)]),
  ];
  return conditions.length === 0 ? sql`1 = 1` : sql<boolean>`${sql.join(conditions, sql` and `)}`;
}
