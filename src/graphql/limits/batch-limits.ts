import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
  visit,
} from "graphql";
import { checkBatch } from "../../domain/token-batch.ts";
import { BadUserInput } from "../../errors.ts";
import { fieldsWithin, rootFieldsOf } from "../root-fields.ts";
import { BYTES_PER_COST } from "./cost.ts";

type Variables = Record<string, unknown>;

/** The field that generates many tokens. */
const BATCH = "generateTokens";

/** The fields of an outcome that repeat values of the request. */
const REPEATING = ["token", "data", "identity", "initialLayoutClassList"];

/** How much the connection data may grow in a token. A JWT is Base64. T1 may also write each byte as `%xx` before Base64. */
const GROWTH_IN_JWT = 4 / 3;
const GROWTH_IN_T1 = 4;

/** The batches of an operation, including those in fragments. */
export function batchesOf(document: DocumentNode, operation: OperationDefinitionNode): readonly FieldNode[] {
  return rootFieldsOf(document, operation).filter(({ name }) => name.value === BATCH);
}

/** Refuses a batch with too many requests before reading each of them. */
export function checkBatches(batches: readonly FieldNode[], variables: Variables): void {
  for (const batch of batches) {
    const requests = requestsOf(batch, variables);
    if (requests) checkSize(batch, requests.length);
  }
}

/** The number of requests in each batch that takes them from a variable. */
export function sizesOf(batches: readonly FieldNode[], variables: Variables): ReadonlyMap<FieldNode, number> {
  const sizes = new Map<FieldNode, number>();
  for (const batch of batches) {
    const requests = requestsOf(batch, variables);
    if (requests) sizes.set(batch, requests.length);
  }
  return sizes;
}

/**
 * The variables for the cost, without the requests of batches. To read each request takes as long as to generate its
 * token, and execution reads it anyway.
 */
export function variablesForCost(batches: readonly FieldNode[], variables: Variables): Variables {
  const forCost = { ...variables };
  for (const batch of batches) {
    const name = requestsVariableOf(batch);
    if (name !== undefined && requestsOf(batch, variables)) forCost[name] = [];
  }
  return forCost;
}

/**
 * The cost of the connection data, identities and layout classes that the answers of batches repeat. Each alias counts.
 *
 * @param sentBytes the size of the request's body and document, which contain all of these values
 */
export function costOfRepeating(
  batches: readonly FieldNode[],
  document: DocumentNode,
  variables: Variables,
  sentBytes: number,
): number {
  let times = 0;
  for (const batch of batches) {
    const fields = batch.selectionSet ? fieldsWithin(document, batch.selectionSet) : [];
    // A token and a refusal may have different fields under one name.
    const answered = new Map(fields.map(({ alias, name }) => [`${alias?.value}:${name.value}`, name.value]));
    const mentions = Math.max(1, countVariables(requestsArgumentOf(batch)));
    for (const name of answered.values()) {
      if (REPEATING.includes(name)) times += mentions * (name === "token" ? growthOf(batch, variables) : 1);
    }
  }
  return Math.ceil((times * sentBytes) / BYTES_PER_COST);
}

/** The number of variables in a value. A list of requests may contain the same variable many times. */
function countVariables(value: ValueNode | undefined): number {
  let count = 0;
  if (value) {
    visit(value, {
      Variable() {
        count += 1;
      },
    });
  }
  return count;
}

/** Assumes T1 for requests in the document's text, without reading them. */
function growthOf(batch: FieldNode, variables: Variables): number {
  const mayBeT1 = requestsOf(batch, variables)?.some((request) => request?.format === "T1") ?? true;
  return mayBeT1 ? GROWTH_IN_T1 : GROWTH_IN_JWT;
}

/** The raw requests of a batch; undefined unless they come from a variable. */
function requestsOf(batch: FieldNode, variables: Variables): readonly Variables[] | undefined {
  const requests = variables[requestsVariableOf(batch) ?? ""];
  return Array.isArray(requests) ? requests : undefined;
}

function requestsArgumentOf({ arguments: given }: FieldNode): ValueNode | undefined {
  return given?.find(({ name }) => name.value === "requests")?.value;
}

/** The name of the variable that holds the requests of a batch. */
function requestsVariableOf(batch: FieldNode): string | undefined {
  const requests = requestsArgumentOf(batch);
  return requests?.kind === Kind.VARIABLE ? requests.name.value : undefined;
}

function checkSize(batch: FieldNode, count: number): void {
  try {
    checkBatch(count, Number.POSITIVE_INFINITY);
  } catch (error) {
    if (!(error instanceof BadUserInput)) throw error;
    throw new GraphQLError(error.message, {
      nodes: batch,
      extensions: { ...error.extensions, http: { status: 400 } },
    });
  }
}
