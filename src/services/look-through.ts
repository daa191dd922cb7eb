import { type Cursors, type Item, type Page, pageOf, type Reading } from "./page.ts";

/** How many rows one page of a filtered list looks through at most: further, the page would hold up the database. */
export const MAX_LOOKED_THROUGH = 1000;
/** How many times as many rows the next query reads when one did not fill the page. */
const GROWTH = 4;

/** A list of which only some rows are shown. */
export interface FilteredList<T, P> {
  /** Reads the rows after a place, in the order of the list; fewer than `limit` only at its end. */
  read(limit: number, after: P | null): Promise<readonly Item<T, P>[]>;
  /** Those of the rows that are shown. */
  shown(rows: readonly Item<T, P>[]): Promise<readonly Item<T, P>[]>;
  /** How many walks of the database are merged into the list: each is read as far as the list. */
  readonly walks: number;
}

/**
 * The page of a filtered list. It stops when it is full, and otherwise after `MAX_LOOKED_THROUGH` rows: then it has fewer items than
 * asked for, or none, and its end cursor is where the next page goes on.
 */
export async function lookThrough<T, P>(
  reading: Reading<P>,
  cursors: Cursors<P>,
  { read, shown, walks }: FilteredList<T, P>,
): Promise<Page<T>> {
  const found: Item<T, P>[] = [];
  let place = reading.after;
  let left = Math.floor(MAX_LOOKED_THROUGH / walks);
  for (let limit = reading.limit; ; limit = Math.min(limit * GROWTH, left)) {
    const rows = await read(limit, place);
    found.push(...(await shown(rows)));
    if (found.length >= reading.limit || rows.length < limit)
      return pageOf(reading, found.slice(0, reading.limit), cursors);
    place = rows.at(-1)?.place ?? place;
    left -= rows.length;
    if (left > 0) continue;
    return pageOf(reading, found, cursors, place);
  }
}
