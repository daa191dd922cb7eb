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
  return 1 + Math.min(args.first ?? DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE) * childComplexity;
}
