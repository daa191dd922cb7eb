import DataLoader from "dataloader";
import type { Session } from "../domain/session.ts";
import type { PageInput } from "../services/page.ts";

/** The most sessions for which one query reads pages. */
export const PAGES_PER_QUERY = 100;
/** The most sessions for which one query counts rows. Each count may read 10,000 rows while other queries wait. */
export const COUNTS_PER_QUERY = 10;

/** Reads something of several sessions together, once for each session. */
export function perSession<T>(
  read: (sessions: readonly Session[]) => Promise<readonly (T | Error)[]>,
  maxBatchSize: number,
): DataLoader<Session, T, string> {
  return new DataLoader(read, { maxBatchSize, cacheKeyFn: ({ sessionId }) => sessionId });
}

/** The value of a key in a map, created on first use. */
export function once<T>(made: Map<string, T>, key: string, make: () => T): T {
  const known = made.get(key) ?? make();
  made.set(key, known);
  return known;
}

/** The key of a page in such a map. */
export function keyOf({ first, after }: PageInput): string {
  return JSON.stringify([first, after]);
}
