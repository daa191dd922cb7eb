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

/** The field for many tokens at once. */
const BATCH = "generateTokens";

/** The fields of an outcome that repeat what was sent with the request. */
const REPEATING = ["token", "data", "initialLayoutClassList"];

/**
 * How much longer than in the request the connection data may be in a token: Base64 in a JWT; in T1 each byte may be `%xx` in
 * Base64.
 */
const GROWTH_IN_JWT = 4 / 3;
const GROWTH_IN_T1 = 4;

/** The batches that an operation asks for, those of its fragments among them. */
export function batchesOf(document: DocumentNode, operation: OperationDefinitionNode): readonly FieldNode[] {
  return rootFieldsOf(document, operation).filter(({ name }) => name.value === BATCH);
}

/** Refuses a batch of too many requests before they are looked at one by one. */
export function checkBatches(batches: readonly FieldNode[], variables: Variables): void {
  for (const batch of batches) {
    const requests = requestsOf(batch, variables);
    if (requests) checkSize(batch, requests.length);
  }
}

/** How many requests each batch has whose requests are in a variable. */
export function sizesOf(batches: readonly FieldNode[], variables: Variables): ReadonlyMap<FieldNode, number> {
  const sizes = new Map<FieldNode, number>();
  for (const batch of batches) {
    const requests = requestsOf(batch, variables);
    if (requests) sizes.set(batch, requests.length);
  }
  return sizes;
}

/**
 * The variables by which to tell the cost, without the requests of batches: to look at each takes as long as to make the token,
 * and the execution does so anyway.
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
 * What batches cost for the connection data and layout classes that their answers repeat, once for each name under which they
 * are asked for.
 *
 * @param sentBytes the size of the request's body and document, in which they all are
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

/** How often a value mentions variables: a list of requests may name the same one many times. */
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

/** Requests in the text of the document are not looked at: they may have any format. */
function growthOf(batch: FieldNode, variables: Variables): number {
  const mayBeT1 = requestsOf(batch, variables)?.some((request) => request?.format === "T1") ?? true;
  return mayBeT1 ? GROWTH_IN_T1 : GROWTH_IN_JWT;
}

/** The requests of a batch, as they were sent; undefined where they are in no variable. */
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
