import {
  type GraphQLRequest,
  type GraphQLRequestContextDidResolveOperation,
  type GraphQLResponse,
  HeaderMap,
  type HTTPGraphQLHead,
} from "@apollo/server";
import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from "graphql";
import { LRUCache } from "lru-cache";
import type { Context } from "../context.ts";
import { BYTES_PER_CHARACTER } from "../documents.ts";
import { asFormatted, completeErrors, type Format } from "../errors/format-error.ts";
import { chooseStatus } from "../errors/status.ts";
import { limitCost } from "../limits/cost-limit.ts";
import { noteCode, noteOperation } from "../summary.ts";
import { countFields } from "./compilable.ts";
import { asExecuted, type Compile, compiler, type Execute } from "./compile.ts";

/** The most memory for known operations, in bytes. */
const KEPT_BYTES = 16 * 1024 * 1024;
/** The memory of a compiled field, in bytes. Measured: 1,000 to 4,000 before V8 optimizes it. */
const BYTES_PER_FIELD = 8192;
/** The most fields of a compiled operation. Measured: 100 fields take 4 to 16 ms. */
const MAX_FIELDS = 100;
/** The longest document, in characters. */
const MAX_DOCUMENT = 10_000;

/**
 * The largest shares of the time for compiling: for all callers, and for one. So documents that change cost other callers little, and
 * leave room for theirs.
 */
export const COMPILING = { share: 0.05, callersShare: 0.02 };
/** The most callers whose share is known. */
const MAX_CALLERS = 1000;

/** The members of a request that its answer depends on. */
export type OperationRequest = Pick<GraphQLRequest, "query" | "operationName" | "variables" | "extensions">;

/** An operation that was parsed, validated and compiled. */
interface Known {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly fields: number;
  readonly execute: Execute;
}

/** The operations of a document, by the name in the request. Null is one that only graphql-js can execute. */
type Operations = ReadonlyMap<string | undefined, Known | null>;

/**
 * The operations that clients have sent before, by the text of their documents. It answers them as Apollo Server does with the
 * listener of `createEngine`, which it does not call.
 */
export class KnownOperations {
  readonly schema: GraphQLSchema;
  readonly #format: Format;
  readonly #now: () => number;
  readonly #compile: Compile;
  readonly #documents = new LRUCache<string, Operations>({ maxSize: KEPT_BYTES, sizeCalculation: bytesOf });
  #restsUntil = 0;
  /** When each caller's documents may be compiled again. */
  readonly #callersRests = new LRUCache<string, number>({ max: MAX_CALLERS });

  /** @param now a clock, in milliseconds */
  constructor(schema: GraphQLSchema, format: Format, now = () => performance.now()) {
    this.schema = schema;
    this.#format = format;
    this.#now = now;
    this.#compile = compiler(schema);
  }

  /** Compiles the operation of a request to Apollo Server, unless its document is new. */
  learn(facts: GraphQLRequestContextDidResolveOperation<Context>): void {
    const { request, document, operation, source } = facts;
    const { id } = facts.contextValue.caller;
    const begin = this.#now();
    // Apollo's cache keeps documents without positions: one that has them is new.
    if (!operation || document.loc || source.length > MAX_DOCUMENT) return;
    if (begin < Math.max(this.#restsUntil, this.#callersRests.get(id) ?? 0)) return;
    const known = this.#documents.get(source);
    if (known?.has(request.operationName)) return;
    const fields = countFields(document, operation);
    const execute = fields > MAX_FIELDS ? null : this.#compile(document, operation);
    const learned = execute && { document, operation, fields, execute };
    const operations = new Map(known).set(request.operationName, learned);
    this.#documents.set(source, operations);
    const end = this.#now();
    this.#restsUntil = restAfter(begin, end, COMPILING.share);
    this.#callersRests.set(id, restAfter(begin, end, COMPILING.callersShare));
  }

  /**
   * Answers a request for a known operation. Null for any other, and for one that is refused before it runs.
   *
   * @param accept the header of the request
   */
  async answer(
    { query = "", operationName, variables = {}, extensions }: OperationRequest,
    accept: string | undefined,
    contextValue: Context,
  ): Promise<GraphQLResponse | null> {
    const known = this.#documents.get(query)?.get(operationName);
    if (!known || extensions?.persistedQuery) return null;
    const { document, operation, execute } = known;
    const { schema } = this;
    noteOperation({ operation, document, contextValue });
    try {
      limitCost({ schema, document, operation, source: query, request: { query, variables }, contextValue });
    } catch {
      return null;
    }
    const result = await execute(variables, contextValue);
    if (!result) return null;
    const errors = result.errors?.map(asExecuted);
    const http: HTTPGraphQLHead = { headers: new HeaderMap() };
    if (errors) completeErrors({ errors, document, schema, contextValue });
    const formatted = errors?.map((error) => this.#format(asFormatted(error), error));
    const response: GraphQLResponse = {
      http,
      body: { kind: "single", singleResult: { data: result.data, ...(formatted && { errors: formatted }) } },
    };
    noteCode({ response, contextValue });
    chooseStatus(response, accept);
    return response;
  }
}

/** The end of the rest after some work, which then took `share` of the time. */
function restAfter(begin: number, end: number, share: number): number {
  return end + (end - begin) * (1 / share - 1);
}

function bytesOf(operations: Operations, source: string): number {
  let bytes = 2 * source.length;
  for (const known of operations.values()) {
    if (known) bytes += source.length * BYTES_PER_CHARACTER + known.fields * BYTES_PER_FIELD;
  }
  return bytes;
}
