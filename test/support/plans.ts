/** What `explain (analyze, format json)` says of a step; its numbers are for each of the loops. */
interface Plan {
  readonly "Node Type": string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  readonly Plans?: readonly Plan[];
}

/** A bitmap's rows are read where the heap is. */
const READING = new Set(["Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"]);

/** How many rows a statement reads from tables, from the answer to `explain (analyze, format json)`. */
export function rowsRead([row]: readonly Record<string, unknown>[]): number {
  const [explained] = (row?.["QUERY PLAN"] ?? []) as { Plan: Plan }[];
  if (!explained) throw new Error("nothing was explained");
  return rowsReadBy(explained.Plan);
}

function rowsReadBy(plan: Plan): number {
  const removed = (plan["Rows Removed by Filter"] ?? 0) + (plan["Rows Removed by Index Recheck"] ?? 0);
  const own = READING.has(plan["Node Type"]) ? (plan["Actual Rows"] + removed) * plan["Actual Loops"] : 0;
  return (plan.Plans ?? []).reduce((sum, child) => sum + rowsReadBy(child), own);
}
