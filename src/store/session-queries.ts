import { type RawBuilder, type Selectable, sql } from "kysely";
import {
  isByName,
  type NameFilter,
  type NarrowedSelection,
  normalized,
  type SessionSelection,
} from "../domain/session-selection.ts";
import { isUnbounded, type TimeRange } from "../domain/time-range.ts";
import type { Engine } from "./engine.ts";
import type { SessionPlace, TimePlace } from "./store.ts";
import type { SessionTable } from "./tables.ts";
import { isWithinRange, newestWithin, type TimeIndex } from "./time-walks.ts";

/*
 * Each part of a selection is a walk along its own index, and the database merges the walks. So it reads one row of each part,
 * then only the rows that it returns. With one condition for all parts, or with `in` and subqueries, it would read more.
 */

type Sessions = RawBuilder<Selectable<SessionTable>>;
type Condition = RawBuilder<unknown>;

/** Sorts after every character that a name may have. */
const LAST_CHARACTER = "\u{10FFFF}";

/** A range of names, both ends included. */
interface NameRange {
  readonly from: string;
  readonly to: string;
}

/** The query for `SessionRegistry.list`; undefined if no session can match. */
export function pageOfSessions(
  engine: Engine,
  applicationId: string,
  given: NarrowedSelection,
  limit: number,
  after: SessionPlace | null,
): Sessions | undefined {
  if (given.all) {
    const owned = engine.before("application_id", applicationId, after?.position ?? Number.MAX_SAFE_INTEGER);
    return sql`select * from sessions where ${owned} order by application_id desc, position desc limit ${limit}`;
  }
  const selection = normalized(given);
  const byName = isByName(selection);
  const conditions = rangesOf(selection).flatMap((range) => {
    if (byName) return restOf(range, after);
    return [all([equal(range.from), ...(after ? [beyond(after)] : [])])];
  });
  const walks = conditions.map((where) => {
    const walk = sql`select *, -position as turn from sessions where application_id = ${applicationId} and ${where}
      order by name, -position`;
    return engine.part(walk, limit);
  });
  const order = byName ? sql`name, turn` : sql`turn`;
  const merged = sql`select * from (${union(walks)}) as merged order by ${order} limit ${limit}`;
  if (selection.ids.size === 0) return walks.length > 0 ? (merged as Sessions) : undefined;
  const known = sql`select *, -position as turn from sessions
    where ${all([knownById(applicationId, selection), ...(after ? [rest(byName, after)] : [])])}`;
  const parts = walks.length > 0 ? [sql`select * from (${merged}) as named`, known] : [known];
  // Sessions without a name first, on both engines. The merge above has none, and this order would force it to sort.
  const first = byName ? sql`name nulls first, turn` : sql`turn`;
  return sql`select * from (${union(parts)}) as page order by ${first} limit ${limit}`;
}

/** The query for `SessionRegistry.listCreated`; undefined if no session can match. */
export function pageOfCreated(
  engine: Engine,
  applicationId: string,
  range: TimeRange,
  limit: number,
  after: TimePlace | null,
): Sessions | undefined {
  const created = newestWithin(engine, sql`*`, byCreation(applicationId), range, limit, after);
  return created as Sessions | undefined;
}

/** The query for `SessionRegistry.count`; undefined if no session can match. */
export function countOfSessions(
  engine: Engine,
  applicationId: string,
  given: NarrowedSelection,
  range: TimeRange,
  limit: number,
): RawBuilder<{ looked: number; count: number }> | undefined {
  const selection = normalized(given);
  const isBounded = !isUnbounded(range);
  const columns = isBounded ? sql`created_at` : sql`1`;
  const parts = selection.all
    ? [newestIn(engine, columns, applicationId, range, limit)].filter((part) => part !== undefined)
    : rangesOf(selection).map((names) => {
        // The order is not needed, but it makes the database use the one index that has it.
        const walk = sql`select ${columns} from sessions
          where application_id = ${applicationId} and ${within(names)} order by name`;
        return engine.part(walk, limit);
      });
  if (selection.ids.size > 0)
    parts.push(sql`select ${columns} from sessions where ${knownById(applicationId, selection)}`);
  if (parts.length === 0) return undefined;
  const counted = isBounded
    ? sql`count(case when ${isWithinRange("created_at", range)} then 1 end)`
    : sql`count(*)`;
  return sql`select count(*) as looked, ${counted} as count
    from (select * from (${union(parts)}) as selected limit ${limit}) as counted`;
}

function byCreation(applicationId: string): TimeIndex {
  return { table: "sessions", key: ["application_id", applicationId], time: "created_at" };
}

/** The project's newest sessions in a range, as a part of a union. */
function newestIn(
  engine: Engine,
  columns: RawBuilder<unknown>,
  applicationId: string,
  range: TimeRange,
  limit: number,
): RawBuilder<unknown> | undefined {
  if (!isUnbounded(range))
    return newestWithin(engine, columns, byCreation(applicationId), range, limit, null);
  const owned = engine.before("application_id", applicationId, Number.MAX_SAFE_INTEGER);
  const walk = sql`select ${columns} from sessions where ${owned} order by application_id desc, position desc`;
  return engine.part(walk, limit);
}

function rangesOf({ names, namePrefixes }: SessionSelection): NameRange[] {
  return [
    ...[...names].map((name) => rangeOf({ name })),
    ...namePrefixes.map((prefix) => rangeOf({ prefix })),
  ];
}

function rangeOf(filter: NameFilter): NameRange {
  if ("name" in filter) return { from: filter.name, to: filter.name };
  return { from: filter.prefix, to: `${filter.prefix}${LAST_CHARACTER}` };
}

/** The conditions of the walks that read the rest of a range, after a place in a list ordered by name. */
function restOf({ from, to }: NameRange, after: SessionPlace | null): Condition[] {
  const name = after?.name ?? null;
  if (after === null || name === null || compare(name, from) < 0) return [within({ from, to })];
  if (compare(name, to) > 0) return [];
  const ofName = all([equal(name), beyond(after)]);
  return name === to ? [ofName] : [ofName, sql`name > ${name} and name <= ${to}`];
}

/** Sessions selected by ID and not by name, whose names the filter allows. */
function knownById(applicationId: string, selection: NarrowedSelection): Condition {
  const { ids, namesOfIds } = selection;
  const ranges = rangesOf(selection);
  const others = sql`(name is null or not (${sql.join(
    ranges.map((range) => within(range)),
    sql` or `,
  )}))`;
  // An expression that no index has, so that SQLite looks up the IDs and does not scan all sessions of the project.
  const owned = sql`application_id || '' = ${applicationId}`;
  return all([
    sql`session_id in (${sql.join([...ids])})`,
    owned,
    ...(ranges.length > 0 ? [others] : []),
    // An expression again, so that SQLite does not scan the range of names instead of looking up the IDs.
    ...(namesOfIds ? [within(rangeOf(namesOfIds), sql`name || ''`)] : []),
  ]);
}

/** The condition for sessions after a place, in a list of either order. */
function rest(byName: boolean, after: SessionPlace): Condition {
  if (!byName) return beyond(after);
  if (after.name === null) return sql`(name is not null or ${beyond(after)})`;
  return sql`(name > ${after.name} or (${equal(after.name)} and ${beyond(after)}))`;
}

function within({ from, to }: NameRange, name: Condition = sql`name`): Condition {
  return sql`${name} >= ${from} and ${name} <= ${to}`;
}

function equal(name: string): Condition {
  return sql`name = ${name}`;
}

function beyond({ position }: SessionPlace): Condition {
  return sql`-position > ${-position}`;
}

function all(conditions: readonly Condition[]): Condition {
  return sql.join(conditions, sql` and `);
}

function union(parts: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return sql.join(parts, sql` union all `);
}

/** Compares as both engines do: by code point, not by UTF-16 unit. */
function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
