import { TypeNameMetaFieldDef } from "graphql";
import type { ComplexityEstimatorArgs } from "graphql-query-complexity";
import { DEFAULT_PERIODS, MAX_PERIODS } from "../domain/issuance.ts";
import { MAX_BATCH } from "../domain/token-batch.ts";
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from "../services/page.ts";
import { MAX_REPRESENTATIONS } from "./entities.ts";

/*
 * What fields cost that are dearer or cheaper than the 1 of every other.
 */

/** The names of the arguments by which a field costs more or less, but that of a batch. */
export const COUNTING_ARGUMENTS: ReadonlySet<string> = new Set(["first", "last", "representations"]);

/** A value that a token or its refusal has at hand once it is made: with every one of them, a thousand are one operation. */
export const AT_HAND = 0.1;

/** A field that has a signature made or verified, or calls the platform. */
export function dear({ childComplexity }: ComplexityEstimatorArgs): number {
  return 100 + childComplexity;
}

/** A number that the database has to count, some milliseconds long. It counts for each item of its page, as all fields of a page do. */
export const COUNTED = 5;

/** One of many tokens, without its own fields. A second batch fits into an operation, a third one does not. */
const ONE_OF_MANY = 0.5;

/**
 * A batch costs what its tokens cost, and they are far cheaper than those that are asked for one by one, each with a field and
 * a commit of its own. What is looked up or signed for each of them costs as much as everywhere else: a thousand pages or a
 * thousand tokens within tokens are too many.
 */
export function perToken({ args, childComplexity }: ComplexityEstimatorArgs): number {
  // One that is too large is refused for its size, in the words of the domain.
  const size = Math.min(args.requests.length, MAX_BATCH);
  return 100 + Math.ceil(size * (ONE_OF_MANY + childComplexity));
}

/** The name of a type is as much at hand as other values; Apollo Client asks for it everywhere. */
export function typeName({ field, childComplexity }: ComplexityEstimatorArgs): number | undefined {
  return field === TypeNameMetaFieldDef ? AT_HAND + childComplexity : undefined;
}

/** A page costs what its items cost. */
export function perItem({ args, childComplexity }: ComplexityEstimatorArgs): number {
  return 1 + sizeFor(args.first, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE) * childComplexity;
}

/** What a router asks for costs what a page of as many items does. */
export function perRepresentation({ args, childComplexity }: ComplexityEstimatorArgs): number {
  const size = args.representations.length;
  // Too many are refused for their number, and nothing is looked up.
  return size > MAX_REPRESENTATIONS ? 1 : 1 + Math.ceil(size * Math.max(1, childComplexity));
}

/** Periods cost what they hold, and to look through the ledger is the dearest of all: an operation can do so three times. */
export function perPeriod({ args, childComplexity }: ComplexityEstimatorArgs): number {
  return 500 + Math.ceil(sizeFor(args.last, DEFAULT_PERIODS, MAX_PERIODS) * childComplexity);
}

/** How many are paid for: what is refused later counts as the most. Below zero it would pay for other fields. */
function sizeFor(asked: number | null | undefined, byDefault: number, most: number): number {
  const size = asked ?? byDefault;
  return size < 0 ? most : Math.min(size, most);
}
