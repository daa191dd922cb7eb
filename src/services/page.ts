import { BadUserInput } from "../errors.ts";
import type { Counted, TimePlace } from "../store/store.ts";

/** The most items in a page. */
export const MAX_PAGE_SIZE = 100;
/** The default number of items in a page. */
export const DEFAULT_PAGE_SIZE = 20;

/** The largest total. A longer count would hold up the database. */
export const MAX_TOTAL = 10_000;
/** The most rows that a count reads: one more than the largest total, to detect more. */
export const COUNTED_ROWS = MAX_TOTAL + 1;

/**
 * The length of a list, at most `MAX_TOTAL`, from a count that read at most `COUNTED_ROWS` rows. Null when it depends on rows that were
 * not read.
 */
export function totalOf({ looked, count }: Counted): number | null {
  return count < MAX_TOTAL && looked > MAX_TOTAL ? null : Math.min(count, MAX_TOTAL);
}

/** The requested page: `first` items after the cursor `after`. */
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

/** An item with its place in a list. */
export interface Item<T, P> {
  readonly place: P;
  readonly node: T;
}

/** Writes the places of a list as cursors, before encoding, and reads them; null for a cursor of another list. */
export interface Cursors<P> {
  write(place: P): string;
  read(text: string): P | null;
}

/** The cursors of a list in time order, newest first. */
export const BY_TIME: Cursors<TimePlace> = {
  write: ({ time, position }) => `time:${time}:${position}`,
  read(text) {
    const [, time, position] = /^time:(-?\d{1,15}):(\d{1,15})$/.exec(text) ?? [];
    return time === undefined ? null : { time: Number(time), position: Number(position) };
  },
};

/** The cursors of a list in the order of positions. */
export const BY_POSITION: Cursors<number> = {
  write: (position) => `position:${position}`,
  read(text) {
    const [, digits] = /^position:(\d{1,15})$/.exec(text) ?? [];
    return digits === undefined ? null : Number(digits);
  },
};

/** A read of at most `limit` items after the place `after`; null starts at the first item. */
export interface Reading<P> {
  readonly limit: number;
  readonly after: P | null;
}

/**
 * The read for a page (keyset pagination).
 *
 * @throws {BadUserInput} naming `first` or `after`
 */
export function readingOf<P>({ first, after }: PageInput, cursors: Cursors<P>): Reading<P> {
  const size = checkSize(first ?? DEFAULT_PAGE_SIZE);
  // One more item than requested shows whether there is a next page.
  return { limit: size + 1, after: after == null ? null : parse(after, cursors) };
}

/**
 * The page of the items that were read.
 *
 * @param end where the next page begins when more items may follow a short page
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

/** Opaque to clients, so that the format can change. */
function format(text: string): string {
  return Buffer.from(text).toString("base64url");
}

function parse<P>(cursor: string, cursors: Cursors<P>): P {
  const place = cursors.read(Buffer.from(cursor, "base64url").toString());
  if (place === null)
    throw new BadUserInput("after", "after must be a cursor of this list, taken from pageInfo.endCursor");
  return place;
}
