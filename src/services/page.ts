import { BadUserInput } from "../errors.ts";
import type { Counted, TimePlace } from "../store/store.ts";

/** The most items of one page. */
export const MAX_PAGE_SIZE = 100;
/** The items of a page when nothing is asked for. */
export const DEFAULT_PAGE_SIZE = 20;

/** How far a list is counted: further, a count would hold up the database. */
export const MAX_TOTAL = 10_000;
/** How many rows a count looks at, so that it can tell whether there are more. */
export const COUNTED_ROWS = MAX_TOTAL + 1;

/**
 * The length of a list of which a count looked at no more than `COUNTED_ROWS` rows; at most `MAX_TOTAL`. Null where there are more rows
 * that may count.
 */
export function totalOf({ looked, count }: Counted): number | null {
  return count < MAX_TOTAL && looked > MAX_TOTAL ? null : Math.min(count, MAX_TOTAL);
}

/** Which page: `first` items, those after the cursor `after`. */
export interface PageInput {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

/** A page in the form of the GraphQL Cursor Connections Specification. */
export interface Page<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly nodes: readonly T[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** An item with its place in the order of a list. */
export interface Item<T, P> {
  readonly place: P;
  readonly node: T;
}

/** How a list writes its places as cursors, before they are encoded, and reads them; null for what is none of its own. */
export interface Cursors<P> {
  write(place: P): string;
  read(text: string): P | null;
}

/** Of a list in the order of time, newest first. */
export const BY_TIME: Cursors<TimePlace> = {
  write: ({ time, position }) => `time:${time}:${position}`,
  read(text) {
    const [, time, position] = /^time:(-?\d{1,15}):(\d{1,15})$/.exec(text) ?? [];
    return time === undefined ? null : { time: Number(time), position: Number(position) };
  },
};

/** Of a list in the order of positions. */
export const BY_POSITION: Cursors<number> = {
  write: (position) => `position:${position}`,
  read(text) {
    const [, digits] = /^position:(\d{1,15})$/.exec(text) ?? [];
    return digits === undefined ? null : Number(digits);
  },
};

/** What to read of a list: at most `limit` items after the place `after`, or from the first on when it is null. */
export interface Reading<P> {
  readonly limit: number;
  readonly after: P | null;
}

/**
 * What a page needs to be read (keyset pagination).
 *
 * @throws {BadUserInput} naming `first` or `after`
 */
export function readingOf<P>({ first, after }: PageInput, cursors: Cursors<P>): Reading<P> {
  const size = checkSize(first ?? DEFAULT_PAGE_SIZE);
  // One more than asked for tells whether there is a next page.
  return { limit: size + 1, after: after == null ? null : parse(after, cursors) };
}

/**
 * The page of what was read.
 *
 * @param end where the next page begins when more may follow although there are not more items than asked for
 */
export function pageOf<T, P>(
  { limit, after }: Reading<P>,
  items: readonly Item<T, P>[],
  cursors: Cursors<P>,
  end: P | null = null,
): Page<T> {
  const edges = items
    .slice(0, limit - 1)
    .map(({ place, node }) => ({ cursor: format(cursors.write(place)), node }));
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    pageInfo: {
      hasNextPage: items.length === limit || end !== null,
      hasPreviousPage: after !== null,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: end === null ? (edges.at(-1)?.cursor ?? null) : format(cursors.write(end)),
    },
  };
}

function checkSize(first: number): number {
  if (first >= 1 && first <= MAX_PAGE_SIZE) return first;
  throw new BadUserInput("first", `first must be from 1 to ${MAX_PAGE_SIZE}; ${first} was given`);
}

/** Opaque to clients, so that what it holds can change. */
function format(text: string): string {
  return Buffer.from(text).toString("base64url");
}

function parse<P>(cursor: string, cursors: Cursors<P>): P {
  const place = cursors.read(Buffer.from(cursor, "base64url").toString());
  if (place === null)
    throw new BadUserInput("after", "after must be a cursor of this list, taken from pageInfo.endCursor");
  return place;
}
