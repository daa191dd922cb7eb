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

/** The parameter with the cursors of the pages up to this one. */
const AFTER = "after";

/** The current page of a list, as `usePages`, but in the page's address. */
export function usePagesInAddress() {
  const [parameters, setParameters] = useParameters();
  const cursors = parameters.getAll(AFTER);
  const turn = (cursors: readonly string[]) => {
    const next = new URLSearchParams(parameters);
    next.delete(AFTER);
    for (const cursor of cursors) next.append(AFTER, cursor);
    setParameters(next);
  };
  return {
    after: cursors.at(-1) ?? null,
    number: cursors.length + 1,
    next: (endCursor: string) => turn([...cursors, endCursor]),
    previous: () => turn(cursors.slice(0, -1)),
  };
}
