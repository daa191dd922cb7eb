import { type FieldNode, TypeNameMetaFieldDef } from "graphql";
import type { ComplexityEstimatorArgs } from "graphql-query-complexity";
import { DEFAULT_PERIODS, MAX_PERIODS } from "../../domain/issuance.ts";
import { MAX_BATCH } from "../../domain/token-batch.ts";
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from "../../services/page.ts";
import { MAX_REPRESENTATIONS } from "../federation/entities.ts";

/*
 * What fields cost that are dearer or cheaper than the 1 of every other.
 */

/** The names of the arguments by which a field costs more or less, but that of a batch. */
export const COUNTING_ARGUMENTS: ReadonlySet<string> = new Set(["first", "last", "representations"]);

/**
 * What a cost of 1 is, in bytes of the answer: a value with its name takes no more. So the limit of the cost bounds the answer,
 * too, whatever the aliases.
 */
export const BYTES_PER_COST = 2048;

/** Of a token or its refusal: values of at most 36 characters, a session ID, a message, and a token without its data. */
export const SHORT_VALUE = 0.05;
export const SESSION_ID_VALUE = 0.2;
export const MESSAGE_VALUE = 0.2;
export const TOKEN_VALUE = 0.75;

/** A list of a grant: a hundred names or IDs. */
export const LIST_OF_NAMES = 20;

/** What the cost depends on beside the document and its variables. */
export interface CostContext {
  /** Counts the bytes of the answer, and no work. */
  readonly bytesAlone: boolean;
  /** How many requests batches have whose variables are left out. */
  readonly sizes: ReadonlyMap<FieldNode, number>;
}

/** What a field's work costs beside its values. */
function work(cost: number, { context }: ComplexityEstimatorArgs): number {
  const { bytesAlone } = context as CostContext;
  return bytesAlone ? 0 : cost;
}

/** A field that has a signature made or verified, or calls the platform. */
export function dear(field: ComplexityEstimatorArgs): number {
  return work(100, field) + field.childComplexity;
}

/** A number that the database has to count, up to ten thousand rows. It counts for each item of its page, as all fields of a page do. */
export const COUNTED = 5;

/** One of many tokens, without its own fields. */
const ONE_OF_MANY = 0.3;

/**
 * A batch costs what its tokens cost, and they are far cheaper than those that are asked for one by one, each with a field and
 * a commit of its own. What is looked up or signed for each of them costs as much as everywhere else: a thousand pages or a
 * thousand tokens within tokens are too many.
 */
export function perToken(field: ComplexityEstimatorArgs): number {
  const { sizes } = field.context as CostContext;
  // One that is too large is refused for its size, in the words of the domain.
  const size = Math.min(sizes.get(field.node) ?? field.args.requests.length, MAX_BATCH);
  return work(100, field) + Math.ceil(size * (work(ONE_OF_MANY, field) + field.childComplexity));
}

/** The name of a type is a short value; Apollo Client asks for it everywhere. */
export function typeName({ field, childComplexity }: ComplexityEstimatorArgs): number | undefined {
  return field === TypeNameMetaFieldDef ? SHORT_VALUE + childComplexity : undefined;
}

/** A page costs a query, and what its items cost. */
export function perItem(field: ComplexityEstimatorArgs): number {
  const { args, childComplexity } = field;
  return work(5, field) + sizeFor(args.first, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE) * childComplexity;
}

/** What a router asks for costs what a page of as many items does. */
export function perRepresentation({ args, childComplexity }: ComplexityEstimatorArgs): number {
  const size = args.representations.length;
  // Too many are refused for their number, and nothing is looked up.
  return size > MAX_REPRESENTATIONS ? 1 : 1 + Math.ceil(size * Math.max(1, childComplexity));
}

/** Periods cost what they hold, and to look through the ledger is the dearest of all: an operation can do so three times. */
export function perPeriod(field: ComplexityEstimatorArgs): number {
  const { args, childComplexity } = field;
  return work(500, field) + Math.ceil(sizeFor(args.last, DEFAULT_PERIODS, MAX_PERIODS) * childComplexity);
}

/** How many are paid for: what is refused later counts as the most. Below zero it would pay for other fields. */
function sizeFor(asked: number | null | undefined, byDefault: number, most: number): number {
  const size = asked ?? byDefault;
  return size < 0 ? most : Math.min(size, most);
}
