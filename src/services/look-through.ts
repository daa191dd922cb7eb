import { type Cursors, type Item, type Page, pageOf, type Reading } from "./page.ts";

/** The most rows that one page of a filtered list reads. More would hold up the database. */
export const MAX_LOOKED_THROUGH = 1000;
/** The factor by which the next query is larger when one did not fill the page. */
const GROWTH = 4;

/** A list that shows only some of its rows. */
export interface FilteredList<T, P> {
  /** Reads the rows after a place, in list order; fewer than `limit` only at the end. */
  read(limit: number, after: P | null): Promise<readonly Item<T, P>[]>;
  /** The rows that the list shows. */
  shown(rows: readonly Item<T, P>[]): Promise<readonly Item<T, P>[]>;
  /** The number of database walks that the list merges. Each is read as far as the list. */
  readonly walks: number;
}

/**
 * The page of a filtered list. Reading ends when the page is full, or after `MAX_LOOKED_THROUGH` rows. Then the page has fewer items
 * than requested, or none, and the next page continues at its end cursor.
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
