import type { ComplexityEstimatorArgs } from "graphql-query-complexity";
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from "../services/page.ts";

/*
 * What fields cost that are dearer than the 1 of every other.
 */

/** A field that has a signature made or verified, or calls the platform. */
export function dear({ childComplexity }: ComplexityEstimatorArgs): number {
  return 100 + childComplexity;
}

/** A page costs what its items cost; one of a size that is refused later costs as the largest. */
export function perItem({ args, childComplexity }: ComplexityEstimatorArgs): number {
  const first: number = args.first ?? DEFAULT_PAGE_SIZE;
  // Below zero a page would pay for other fields.
  const size = first < 0 ? MAX_PAGE_SIZE : Math.min(first, MAX_PAGE_SIZE);
  return 1 + size * childComplexity;
}
