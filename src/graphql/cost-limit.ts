import { setImmediate as nextTurn } from "node:timers/promises";
import type { GraphQLRequestListener } from "@apollo/server";
import {
  type ASTNode,
  BREAK,
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
  visit,
} from "graphql";
import { fieldExtensionsEstimator, getComplexity, simpleEstimator } from "graphql-query-complexity";
import { MAX_BATCH } from "../domain/token-batch.ts";
import { batchesOf, checkBatches, variablesForCost } from "./batch-limits.ts";
import type { Context } from "./context.ts";
import { COUNTING_ARGUMENTS, typeName } from "./cost.ts";

/** The most that an operation may cost: a field is 1, and dearer fields say so where they are defined. */
export const MAX_COST = 2000;

const ESTIMATORS = [fieldExtensionsEstimator(), typeName, simpleEstimator({ defaultComplexity: 1 })];

/**
 * Those that can be afforded whatever variables they are given, with their batches: what a document costs need not be found
 * out at each request.
 */
const affordable = new WeakMap<OperationDefinitionNode, readonly FieldNode[]>();

/** Refuses operations that are too large, or cost too much, with the variables that they are given. */
export const limitCost: NonNullable<GraphQLRequestListener<Context>["didResolveOperation"]> = async ({
  schema,
  document,
  operation,
  request: { variables = {} },
  contextValue: { hasLargeBody },
}) => {
  if (!operation) return;
  const known = affordable.get(operation);
  const batches = known ?? batchesOf(document, operation);
  checkBatches(batches, operation, variables, hasLargeBody);
  if (hasLargeBody) checkVariables(schema, operation, variables);
  if (!known) checkCost(schema, document, operation, batches, variables);
  // The execution then looks at each value of a batch, which is enough for a turn of the event loop.
  if (batches.length > 0) await nextTurn();
};

/** Refuses large variables that do not fit, with the first error: the execution would find fifty, and print a value for each. */
function checkVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): void {
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
    maxErrors: 1,
  });
  if (errors?.[0]) throw badInput(errors[0]);
}

function checkCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  batches: readonly FieldNode[],
  variables: Record<string, unknown>,
): void {
  const forCost = variablesForCost(batches, variables);
  // Variables that do not fit are refused when the operation is executed, in the words of every such error.
  if (getVariableValues(schema, operation.variableDefinitions ?? [], forCost).errors) return;
  const cost = costOf(schema, document, operation, forCost);
  if (cost > MAX_COST)
    throw refusal(`The operation costs ${cost}; at most ${MAX_COST} is allowed`, operation);
  if (dependsOnVariables(document)) return;
  const atMost =
    batches.length === 0
      ? cost
      : costOf(schema, document, operation, variablesForCost(batches, variables, MAX_BATCH));
  if (atMost <= MAX_COST) affordable.set(operation, batches);
}

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
): number {
  try {
    const cost = getComplexity({
      schema,
      query: document,
      variables,
      ...(operation.name && { operationName: operation.name.value }),
      estimators: ESTIMATORS,
    });
    return Math.ceil(cost);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    // An argument whose value does not fit, which execution would find, too; or more fields than can be counted.
    if (error.nodes === undefined) throw refusal(error.message, operation);
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

function refusal(message: string, operation: OperationDefinitionNode): GraphQLError {
  return new GraphQLError(message, {
    nodes: operation,
    extensions: { code: "GRAPHQL_VALIDATION_FAILED", http: { status: 400 } },
  });
}
