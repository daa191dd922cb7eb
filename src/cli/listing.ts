import type { Command } from "commander";
import type { Page } from "../services/page.ts";
import type { Outcome } from "./outcome.ts";
import { tableOf } from "./table.ts";
import { text, valued, wholeNumber } from "./values.ts";

/** The options that select a page of a list. */
export interface PageOptions {
  readonly first?: number;
  readonly after?: string;
}

/** Adds the options of `PageOptions` to a command. */
export function pages(command: Command): Command {
  return command
    .addOption(valued("--first <number>", "number of rows, from 1 to 100 (default: 20)", wholeNumber))
    .addOption(valued("--after <cursor>", "continue after this cursor, which an earlier page printed", text));
}

/**
 * A page as a table, with a hint to continue if more rows may follow.
 *
 * @param asInSchema converts an item to its form in the API
 * @param columns the fields to show, in this order
 */
export function listed<T, R extends object>(
  { nodes, pageInfo: { hasNextPage, endCursor } }: Page<T>,
  asInSchema: (node: T) => R,
  columns: readonly (keyof R & string)[],
): Outcome {
  const rows = nodes.map(asInSchema);
  const shown = rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
  return {
    text: rows.length > 0 ? tableOf(shown) : "None.",
    json: { nodes: rows, pageInfo: { hasNextPage, endCursor } },
    hint: hasNextPage ? `More rows may follow: add --after ${endCursor}` : undefined,
  };
}
