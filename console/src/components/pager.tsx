import { useState } from "react";
import { type Pages, pagesOf } from "../address.ts";

/** The current page of a short list. */
export function usePages(): Pages {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  return pagesOf(cursors, 10, setCursors);
}

/** Whether a page is the last, and the cursor of its end. */
export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

interface Props {
  readonly pages: Pages;
  readonly pageInfo: PageInfo;
  /** Whether the list still shows the previous page. */
  readonly busy: boolean;
  /** The plural of the listed items, such as "sessions". */
  readonly of: string;
}

/** Buttons for the next and previous page; nothing if there is only one page. */
export function Pager({ pages, pageInfo: { hasNextPage, endCursor }, busy, of }: Props) {
  if (pages.number === 1 && !hasNextPage) return null;
  const next = !busy && hasNextPage && endCursor !== null ? () => pages.next(endCursor) : undefined;
  const previous = !busy && pages.number > 1 ? pages.previous : undefined;
  return (
    <nav className="pager" aria-label={`Pages of ${of}`}>
      {/* aria-disabled, because a disabled button loses the focus. */}
      <button type="button" aria-disabled={!previous} onClick={previous}>
        Previous
      </button>
      <span>Page {pages.number}</span>
      <button type="button" aria-disabled={!next} onClick={next}>
        Next
      </button>
    </nav>
  );
}

/** The server counts a list up to this number. */
const MAX_TOTAL = 10_000;

/** The length of a list; nothing if the server did not count it. */
export function Total({ count }: { count: number | null }) {
  return count === null ? null : <span className="count">{formatTotal(count)}</span>;
}

/** Formats a count of the server. `+` means that there may be more. */
export function formatTotal(count: number): string {
  return `${count.toLocaleString()}${count >= MAX_TOTAL ? "+" : ""}`;
}
