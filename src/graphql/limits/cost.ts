import { type FieldNode, TypeNameMetaFieldDef } from "graphql";
import type { ComplexityEstimatorArgs } from "graphql-query-complexity";
import { DEFAULT_PERIODS, MAX_PERIODS } from "../../domain/issuance.ts";
import { MAX_BATCH } from "../../domain/token-batch.ts";
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from "../../services/page.ts";
import { MAX_SHOWN_USES } from "../../services/participants.ts";
import { MAX_REPRESENTATIONS } from "../federation/entities.ts";

/* The costs of fields that do not cost 1. */

/** The arguments that change a field's cost, except the requests of a batch. */
export const COUNTING_ARGUMENTS: ReadonlySet<string> = new Set(["first", "last", "representations"]);

/**
 * The bytes of the answer for a cost of 1: a value with its name takes no more. So the cost limit also bounds the size of
 * the answer, with any aliases.
 */
export const BYTES_PER_COST = 2048;

/** The costs of values: at most 36 characters, a session ID, a message, and a token without its data. */
export const SHORT_VALUE = 0.05;
export const SESSION_ID_VALUE = 0.2;
export const MESSAGE_VALUE = 0.2;
export const TOKEN_VALUE = 0.75;
/** The costs of an identity, of connection data as escaped in JSON, and of a stream's name in UTF-8. */
export const IDENTITY_VALUE = 0.2;
export const DATA_VALUE = 3;
export const NAME_VALUE = 1.5;

/** The cost of a list in a grant, which may have a hundred names or IDs. */
export const LIST_OF_NAMES = 20;

/** The parameters of the cost, in addition to the document and its variables. */
export interface CostContext {
  /** Whether to count only the bytes of the answer, and no work. */
  readonly bytesAlone: boolean;
  /** The sizes of batches whose requests are not in the variables. */
  readonly sizes: ReadonlyMap<FieldNode, number>;
}

/** The cost of a field's work, without its values. */
function work(cost: number, { context }: ComplexityEstimatorArgs): number {
  const { bytesAlone } = context as CostContext;
  return bytesAlone ? 0 : cost;
}

/** The cost of a field that creates or verifies a signature, or calls the platform. */
export function dear(field: ComplexityEstimatorArgs): number {
  return work(100, field) + field.childComplexity;
}

/** The cost of a count in the database, up to 10,000 rows. As a field of a page, it is multiplied by the page size. */
export const COUNTED = 5;

/** The cost of one token of a batch, without its fields. */
const ONE_OF_MANY = 0.3;

/**
 * The cost of a batch: the sum of its tokens. They are far cheaper than single tokens, each of which needs a field and a
 * commit. Look-ups and signatures below a token have their usual cost, so a thousand of these exceed the limit.
 */
export function perToken(field: ComplexityEstimatorArgs): number {
  const { sizes } = field.context as CostContext;
  // The domain refuses a batch that is too large.
  const size = Math.min(sizes.get(field.node) ?? field.args.requests.length, MAX_BATCH);
  return work(100, field) + Math.ceil(size * (work(ONE_OF_MANY, field) + field.childComplexity));
}

/** The cost of `__typename`, a short value that Apollo Client selects everywhere. */
export function typeName({ field, childComplexity }: ComplexityEstimatorArgs): number | undefined {
  return field === TypeNameMetaFieldDef ? SHORT_VALUE + childComplexity : undefined;
}

/** The cost of a page: a query and the items. */
export function perItem(field: ComplexityEstimatorArgs): number {
  const { args, childComplexity } = field;
  return work(5, field) + sizeFor(args.first, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE) * childComplexity;
}

/** The streams of one participant that count for the cost: a camera, a screen and one more. */
const STREAMS = 3;

/** The cost of a participant's streams, which one query reads for all participants. */
export function streamsOfOne({ childComplexity }: ComplexityEstimatorArgs): number {
  return 1 + STREAMS * childComplexity;
}

/** The cost of a token's participants, which one query reads for all tokens. */
export function participantsOfOne({ childComplexity }: ComplexityEstimatorArgs): number {
  return 1 + MAX_SHOWN_USES * childComplexity;
}

/** The cost of `_entities`: that of a page with as many items. */
export function perRepresentation({ args, childComplexity }: ComplexityEstimatorArgs): number {
  const size = args.representations.length;
  // The resolver refuses too many, without a look-up.
  return size > MAX_REPRESENTATIONS ? 1 : 1 + Math.ceil(size * Math.max(1, childComplexity));
}

/** The cost of `issuances`. Reading the ledger is the most expensive work: the limit allows three in an operation. */
export function perPeriod(field: ComplexityEstimatorArgs): number {
  const { args, childComplexity } = field;
  return work(500, field) + Math.ceil(sizeFor(args.last, DEFAULT_PERIODS, MAX_PERIODS) * childComplexity);
}

/** The size to charge for. Invalid sizes count as the maximum: a negative size would pay for other fields. */
function sizeFor(asked: number | null | undefined, byDefault: number, most: number): number {
  const size = asked ?? byDefault;
  return size < 0 ? most : Math.min(size, most);
}
