import type { GraphQLRequestListener } from "@apollo/server";
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

/** The most that an operation may cost: a field is 1, and dearer fields say so where they are defined. */
export const MAX_COST = 2000;

const ESTIMATORS = [fieldExtensionsEstimator(), typeName, simpleEstimator({ defaultComplexity: 1 })];

/**
 * The bytes of the answer of operations that fit whatever their variables are. To compute the cost each time doubles the processor
 * time of `generateToken`.
 */
const affordable = new WeakMap<OperationDefinitionNode, number>();

/**
 * Refuses operations that are too large, or cost too much, with the variables that they are given; and those whose answers would
 * be more than their callers may have in flight.
 */
export const limitCost: NonNullable<GraphQLRequestListener<Context>["didResolveOperation"]> = async ({
  schema,
  document,
  operation,
  source,
  request: { query, variables = {} },
  contextValue: { bodyBytes, reserve },
}) => {
  if (!operation) return;
  const known = affordable.get(operation);
  if (known !== undefined) return reserve(known);
  const batches = batchesOf(document, operation);
  checkBatches(batches, variables);
  const forCost = variablesForCost(batches, variables);
  // Variables that do not fit are refused when the operation is executed, in the words of every such error.
  // One is enough here: to describe each of a hundred thousand takes seconds.
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], forCost, {
    maxErrors: 1,
  });
  if (errors) return;
  // The text of a persisted query is not in the body.
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
};

/**
 * Whether what an operation costs, or whether its arguments fit, may differ with its variables, leaving aside how large its
 * batches are: by a directive, by an argument that counts, and by a variable that may be null where that does not fit, which
 * GraphQL allows when it has a default.
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
    // An argument whose value does not fit, which execution would find, too; or more fields than can be counted.
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
