import { useState } from "react";

interface Pages {
  /** The cursor that the page begins after; null for the first. */
  readonly after: string | null;
  readonly number: number;
  next(endCursor: string): void;
  previous(): void;
}

/** Which page of a list is shown. */
export function usePages(): Pages {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  return {
    after: cursors.at(-1) ?? null,
    number: cursors.length + 1,
    next: (endCursor) => setCursors([...cursors, endCursor]),
    previous: () => setCursors(cursors.slice(0, -1)),
  };
}

interface Props {
  readonly pages: Pages;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  /** Whether what is shown is still the page before. */
  readonly busy: boolean;
  /** What is listed, such as "sessions". */
  readonly of: string;
}

/** Leads from page to page; nothing where there is only one. */
export function Pager({ pages, pageInfo: { hasNextPage, endCursor }, busy, of }: Props) {
  if (pages.number === 1 && !hasNextPage) return null;
  const older = !busy && hasNextPage && endCursor !== null ? () => pages.next(endCursor) : undefined;
  const newer = !busy && pages.number > 1 ? pages.previous : undefined;
  return (
    <nav className="pager" aria-label={`Pages of ${of}`}>
      {/* Not disabled, for that would take the focus away. */}
      <button type="button" aria-disabled={!newer} onClick={newer}>
        Newer
      </button>
      <span>Page {pages.number}</span>
      <button type="button" aria-disabled={!older} onClick={older}>
        Older
      </button>
    </nav>
  );
}

/** How far the server counts a list. */
const MAX_TOTAL = 10_000;

/** How long a list is; nothing when it was not counted. */
export function Total({ count }: { count: number | null }) {
  return count === null ? null : <span className="count">{formatTotal(count)}</span>;
}

/** A number that the server has counted, for a person; `+` says that there may be more. */
export function formatTotal(count: number): string {
  return `${count.toLocaleString()}${count >= MAX_TOTAL ? "+" : ""}`;
}
