import { useSyncExternalStore } from "react";

/** The path and the query of the page, both in the hash, which browsers do not send to servers. */
function parts(): readonly [path: string, query: string] {
  const [path = "", query = ""] = location.hash.replace(/^#?\/?/, "").split("?");
  return [`/${path}`, query];
}

/** Replaces or pushes an entry of the history; wouter moves queries out of the hash. */
function navigate(
  to: string,
  { state = null, replace = false }: { state?: unknown; replace?: boolean } = {},
) {
  history[replace ? "replaceState" : "pushState"](state, "", `#${to}`);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

function follow(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

/** A location hook for wouter: the path in the hash, without its query. */
export function usePath(): [string, typeof navigate] {
  return [useSyncExternalStore(follow, () => parts()[0]), navigate];
}

usePath.hrefs = (href: string) => `#${href}`;

/** The parameters in the page's address, which a reload and Back restore. The setter adds or replaces an entry of the history. */
export function useParameters(): [URLSearchParams, (next: URLSearchParams, replace?: boolean) => void] {
  const query = useSyncExternalStore(follow, () => parts()[1]);
  return [
    new URLSearchParams(query),
    (next, replace = false) => {
      const [path] = parts();
      navigate(next.size > 0 ? `${path}?${next}` : path, { replace });
    },
  ];
}

/** The current page of a list, and the way to others. */
export interface Pages {
  /** The number of items per page. */
  readonly first: number;
  /** The cursor that the page begins after; null for the first. */
  readonly after: string | null;
  readonly number: number;
  next(endCursor: string): void;
  previous(): void;
}

/** The page after the last of the cursors. */
export function pagesOf(
  cursors: readonly string[],
  first: number,
  turn: (cursors: readonly string[]) => void,
): Pages {
  return {
    first,
    after: cursors.at(-1) ?? null,
    number: cursors.length + 1,
    next: (endCursor) => turn([...cursors, endCursor]),
    previous: () => turn(cursors.slice(0, -1)),
  };
}

/** The parameter with the cursors of the pages up to this one. */
const AFTER = "after";

/** The current page of a long list, in the page's address. */
export function usePagesInAddress(): Pages {
  const [parameters, setParameters] = useParameters();
  return pagesOf(parameters.getAll(AFTER), 20, (cursors) => {
    const next = new URLSearchParams(parameters);
    next.delete(AFTER);
    for (const cursor of cursors) next.append(AFTER, cursor);
    setParameters(next);
  });
}
