import type { Command } from "commander";
import type { Page } from "../services/page.ts";
import type { Outcome } from "./outcome.ts";
import { tableOf } from "./table.ts";
import { text, valued, wholeNumber } from "./values.ts";

/** Which page of a list. */
export interface PageOptions {
  readonly first?: number;
  readonly after?: string;
}

/** Gives a command the options of `PageOptions`. */
export function pages(command: Command): Command {
  return command
    .addOption(valued("--first <number>", "how many, from 1 to 100 (default: 20)", wholeNumber))
    .addOption(valued("--after <cursor>", "those after the ones of an earlier page", text));
}

/**
 * A page as a table, with how to go on where there may be more.
 *
 * @param asInSchema gives an item as the API has it
 * @param columns which of its fields are shown, in this order
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
    hint: hasNextPage ? `There may be more: add --after ${endCursor}` : undefined,
  };
}
