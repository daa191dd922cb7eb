import { type RawBuilder, sql } from "kysely";
import type { TimeRange } from "../domain/time-range.ts";
import type { Engine } from "./engine.ts";
import type { TimePlace } from "./store.ts";

/** An index in the order of time. Its columns are the key, if there is one, the time and the position. */
export interface TimeIndex {
  readonly table: "sessions" | "issued_tokens" | "participants";
  /** A text column and its value. */
  readonly key: readonly [column: string, value: string] | null;
  readonly time: "created_at" | "issued_at" | "joined_at";
  /** The condition of a partial index. */
  readonly only?: RawBuilder<boolean>;
}

/**
 * A query for at most `limit` rows in a range, newest first. It starts after `after`, or at the newest if it is null. It walks
 * along the index, or merges two walks. Undefined if no row can match.
 *
 * @param columns must include the time and the position if `after` is given
 */
export function newestWithin(
  engine: Engine,
  columns: RawBuilder<unknown>,
  { table, key, time, only = sql`1 = 1` }: TimeIndex,
  range: TimeRange,
  limit: number,
  after: TimePlace | null,
): RawBuilder<unknown> | undefined {
  const from = range.after?.getTime() ?? Number.MIN_SAFE_INTEGER;
  const end = { time: range.before?.getTime() ?? Number.MAX_SAFE_INTEGER, position: 0 };
  const before = after !== null && after.time < end.time ? after : end;
  if (before.time < from) return undefined;
  const order = key ? sql`${sql.ref(key[0])} desc, ` : sql``;
  const walks = engine
    .newest(key, time, from, before)
    .map(
      (where) =>
        sql`select ${columns} from ${sql.table(table)} where ${where} and ${only} order by ${order}${sql.ref(time)} desc, position desc`,
    );
  const [walk] = walks;
  if (walk && walks.length === 1) return sql`${walk} limit ${limit}`;
  const parts = sql.join(
    walks.map((each) => engine.part(each, limit)),
    sql` union all `,
  );
  return sql`select * from (${parts}) as merged order by ${sql.ref(time)} desc, position desc limit ${limit}`;
}

/** The condition that a row's time is in a range. */
export function isWithinRange(time: TimeIndex["time"], { after, before }: TimeRange): RawBuilder<boolean> {
  const from = after?.getTime() ?? Number.MIN_SAFE_INTEGER;
  const end = before?.getTime() ?? Number.MAX_SAFE_INTEGER;
  return sql`${sql.ref(time)} >= ${from} and ${sql.ref(time)} < ${end}`;
}
