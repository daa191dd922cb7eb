import type { OperationVariables, TypedDocumentNode } from "@apollo/client";
import { useQuery } from "@apollo/client/react";
import type { ReactNode } from "react";
import type { Pages } from "../address.ts";
import { usePolling } from "../api/me.ts";
import { type Problem, problemOf } from "../api/problem.ts";
import { type PageInfo, Pager } from "./pager.tsx";
import { ProblemNotice } from "./problem-notice.tsx";

/** One page of a list. */
interface Page<Item> {
  readonly nodes: readonly Item[];
  readonly pageInfo: PageInfo;
}

/** A page as the server has it. */
interface Followed<P> {
  /** Undefined until it arrives, or after an error. While another page loads, it is the previous page. */
  readonly page: P | undefined;
  /** Whether another page loads. */
  readonly busy: boolean;
  readonly problem: Problem | null;
  readonly retry: () => void;
}

/**
 * Reads a page, and follows its changes.
 *
 * @param pageOf the page in an answer
 * @param interval the time between two reads, in milliseconds
 */
export function usePage<Data, Variables extends OperationVariables, P>(
  document: TypedDocumentNode<Data, Variables>,
  variables: NoInfer<Variables>,
  pageOf: (data: Data) => P | null | undefined,
  interval = 5000,
): Followed<P> {
  const { data, previousData, error, refetch } = useQuery<Data, OperationVariables>(document, {
    variables,
    fetchPolicy: "cache-and-network",
    // Show the page even if a part of it fails, such as a count.
    errorPolicy: "all",
    ...usePolling(interval),
  });
  const [page, previous] = [data, previousData].map((each) => each && pageOf(each as Data));
  return {
    page: page ?? previous ?? undefined,
    busy: !data && !error,
    problem: error ? problemOf(error) : null,
    retry: () => void refetch(),
  };
}

interface Props<Item> {
  readonly list: Followed<Page<Item>>;
  readonly pages: Pages;
  /** The plural of the items, such as "sessions". */
  readonly of: string;
  /** The text of an empty list. */
  readonly none: ReactNode;
}

interface ListProps<Item> extends Props<Item> {
  readonly className?: string;
  readonly children: (item: Item) => ReactNode;
}

/** A list of items, in pages. */
export function List<Item extends { readonly id: string }>({
  className = "people",
  children,
  ...props
}: ListProps<Item>) {
  return (
    <Frame {...props}>
      {(items, busy) => (
        <ul className={className} aria-busy={busy}>
          {items.map((item) => (
            <li key={item.id}>{children(item)}</li>
          ))}
        </ul>
      )}
    </Frame>
  );
}

interface TableProps<Item> extends Props<Item> {
  /** The heading of each column, and its cell in the row of an item. */
  readonly columns: Readonly<Record<string, (item: Item) => ReactNode>>;
}

/** A table of items, in pages. On a narrow screen, each item becomes a list of its values. */
export function Table<Item extends { readonly id: string }>({ columns, ...props }: TableProps<Item>) {
  const cells = Object.entries(columns);
  return (
    <Frame {...props}>
      {(items, busy) => (
        <table className="log" aria-busy={busy}>
          <thead>
            <tr>
              {cells.map(([name]) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.id}>
                {cells.map(([name, cellOf]) => (
                  <td key={name} data-label={name}>
                    {cellOf(item)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Frame>
  );
}

interface FrameProps<Item> extends Props<Item> {
  readonly children: (items: readonly Item[], busy: boolean) => ReactNode;
}

/** The error of a page, its items or why there are none, and the way to other pages. */
function Frame<Item>({ list: { page, busy, problem, retry }, pages, of, none, children }: FrameProps<Item>) {
  const isOnly = pages.number === 1 && !page?.pageInfo.hasNextPage;
  return (
    <>
      {problem && <ProblemNotice problem={problem} onRetry={retry} />}
      {page && page.nodes.length > 0 && children(page.nodes, busy)}
      <p role="status">
        {!page && !problem && "Loading…"}
        {page?.nodes.length === 0 &&
          !busy &&
          (isOnly ? none : "None on this page. Other pages may have some.")}
      </p>
      {page && <Pager pages={pages} pageInfo={page.pageInfo} busy={busy} of={of} />}
    </>
  );
}
