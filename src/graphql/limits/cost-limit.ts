import type { GraphQLRequest, GraphQLRequestContextDidResolveOperation } from "@apollo/server";
import {
  type ASTNode,
  BREAK,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
  visit,
} from "graphql";
import { fieldExtensionsEstimator, getComplexity, simpleEstimator } from "graphql-query-complexity";
import type { Context } from "../context.ts";
import { batchesOf, checkBatches, costOfRepeating, sizesOf, variablesForCost } from "./batch-limits.ts";
import { BYTES_PER_COST, COUNTING_ARGUMENTS, type CostContext, typeName } from "./cost.ts";

/** The highest cost of an operation. A field costs 1, unless its definition has another cost. */
export const MAX_COST = 2000;

const ESTIMATORS = [fieldExtensionsEstimator(), typeName, simpleEstimator({ defaultComplexity: 1 })];

/**
 * The answer sizes, in bytes, of operations that fit with any variables. To compute the cost each time would double the
 * processor time of `generateToken`.
 */
const affordable = new WeakMap<OperationDefinitionNode, number>();

/** What the cost of an operation depends on. */
export interface CostFacts
  extends Pick<
    GraphQLRequestContextDidResolveOperation<Context>,
    "schema" | "document" | "operation" | "source"
  > {
  readonly request: Pick<GraphQLRequest, "query" | "variables">;
  readonly contextValue: Pick<Context, "bodyBytes" | "reserve">;
}

/**
 * Refuses an operation that costs too much with its variables, or whose answer exceeds the caller's bytes in flight.
 *
 * @throws {GraphQLError} or {RateLimited}
 */
export function limitCost({
  schema,
  document,
  operation,
  source,
  request: { query, variables = {} },
  contextValue: { bodyBytes, reserve },
}: CostFacts): void {
  if (!operation) return;
  const known = affordable.get(operation);
  if (known !== undefined) {
    reserve(known);
    return;
  }
  const batches = batchesOf(document, operation);
  checkBatches(batches, variables);
  const forCost = variablesForCost(batches, variables);
  // Execution refuses invalid variables, with the usual message. One error is enough here: 100,000 take seconds.
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], forCost, {
    maxErrors: 1,
  });
  if (errors) return;
  // The body does not contain the text of a persisted query.
  const sentBytes = bodyBytes + (query === undefined ? Buffer.byteLength(source) : 0);
  const repeating = costOfRepeating(batches, document, variables, sentBytes);
  const sizes = sizesOf(batches, variables);
  const costs = (bytesAlone: boolean) =>
    repeating + costOf(schema, document, operation, forCost, { bytesAlone, sizes });
  const cost = costs(false);
  if (cost > MAX_COST) throw tooCostly(`The operation costs ${cost}; at most ${MAX_COST} is allowed`);
  const bytes = costs(true) * BYTES_PER_COST;
  if (batches.length === 0 && !dependsOnVariables(document)) affordable.set(operation, bytes);
  reserve(bytes);
}

/**
 * Whether variables other than batches may change the cost of an operation or the validity of its arguments. They do so in
 * directives and in arguments that count. A variable with a default may also be null where null is invalid.
 */
function dependsOnVariables(document: DocumentNode): boolean {
  let found = false;
  const holdsVariable = (node: ASTNode) => {
    visit(node, {
      Variable() {
        found = true;
        return BREAK;
      },
    });
  };
  visit(document, {
    VariableDefinition({ defaultValue }) {
      if (defaultValue) found = true;
    },
    Directive: holdsVariable,
    Argument(node) {
      if (COUNTING_ARGUMENTS.has(node.name.value)) holdsVariable(node);
    },
  });
  return found;
}

function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
  context: CostContext,
): number {
  try {
    const cost = getComplexity({
      schema,
      query: document,
      variables,
      context,
      ...(operation.name && { operationName: operation.name.value }),
      estimators: ESTIMATORS,
    });
    return Math.ceil(cost);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    // An invalid argument, which execution would find, too; or, without nodes, too many fields to count.
    if (error.nodes === undefined) throw tooCostly(error.message);
    throw badInput(error);
  }
}

function badInput({ message, nodes, originalError }: GraphQLError): GraphQLError {
  return new GraphQLError(message, {
    nodes,
    originalError,
    extensions: { code: "BAD_USER_INPUT", http: { status: 400 } },
  });
}

function tooCostly(message: string): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: "GRAPHQL_VALIDATION_FAILED", http: { status: 400 } },
  });
}
