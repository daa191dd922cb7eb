import { BadUserInput } from "../errors.ts";

/** The most items of one page. */
export const MAX_PAGE_SIZE = 100;
/** The items of a page when nothing is asked for. */
export const DEFAULT_PAGE_SIZE = 20;

/** How far a list is counted: to count it takes as long as it is, and the database can do nothing else meanwhile. */
export const MAX_TOTAL = 100_000;

/** Which page: `first` items, those after the cursor `after`. */
export interface PageInput {
  readonly first?: number | null;
  readonly after?: string | null;
}

/** A page in the form of the GraphQL Cursor Connections Specification. */
export interface Page<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly nodes: readonly T[];
  /** How long the whole list is, up to `MAX_TOTAL`; it is counted only when asked for. */
  readonly totalCount: () => Promise<number>;
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

interface Item<T> {
  readonly position: number;
  readonly node: T;
}

/**
 * One page of a list that is ordered by position (keyset pagination): `read` gives at most `limit` items
 * after `position`, or from the start when it is null, and `count` the number of all, up to a limit.
 *
 * @throws {BadUserInput} naming `first` or `after`
 */
export async function pageOf<T>(
  { first, after }: PageInput,
  read: (limit: number, position: number | null) => Promise<Item<T>[]>,
  count: (limit: number) => Promise<number>,
): Promise<Page<T>> {
  const size = checkSize(first ?? DEFAULT_PAGE_SIZE);
  const position = after == null ? null : parseCursor(after);
  // One more than asked for tells whether there is a next page.
  const items = await read(size + 1, position);
  const edges = items
    .slice(0, size)
    .map((item) => ({ cursor: formatCursor(item.position), node: item.node }));
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    totalCount: () => count(MAX_TOTAL),
    pageInfo: {
      hasNextPage: items.length > size,
      hasPreviousPage: position !== null,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function checkSize(first: number): number {
  if (first >= 1 && first <= MAX_PAGE_SIZE) return first;
  throw new BadUserInput("first", `first must be from 1 to ${MAX_PAGE_SIZE}; ${first} was given`);
}

/** Opaque to clients, so that what it holds can change. */
function formatCursor(position: number): string {
  return Buffer.from(`position:${position}`).toString("base64url");
}

function parseCursor(cursor: string): number {
  const [, digits] = /^position:(\d{1,15})$/.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (digits === undefined)
    throw new BadUserInput("after", "after must be a cursor, taken from pageInfo.endCursor");
  return Number(digits);
}
