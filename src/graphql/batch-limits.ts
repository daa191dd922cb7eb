import { type DocumentNode, type FieldNode, GraphQLError, Kind, type OperationDefinitionNode } from "graphql";
import { MAX_DATA_LENGTH, MAX_LAYOUT_CLASSES_LENGTH } from "../domain/grant.ts";
import { checkBatch, MAX_BATCH } from "../domain/token-batch.ts";
import { BadUserInput } from "../errors.ts";
import { rootFieldsOf } from "./root-fields.ts";

type Variables = Record<string, unknown>;

/** What a request for one of many tokens has besides its texts, in bytes: names, punctuation, a role, a time, a format. */
const AROUND = 256;

/** The most that the requests of a batch can need as JSON, in bytes. A UTF-16 code unit has at most three in UTF-8. */
export const MAX_BATCH_BYTES = MAX_BATCH * (3 * (MAX_DATA_LENGTH + MAX_LAYOUT_CLASSES_LENGTH) + AROUND);

/** The one field that a large body is for. */
const BATCH = "generateTokens";

/** A request of which only counts that it is there. */
const SOME_REQUEST = {};

/** The batches that an operation asks for, those of its fragments among them. */
export function batchesOf(document: DocumentNode, operation: OperationDefinitionNode): readonly FieldNode[] {
  return rootFieldsOf(document, operation).filter(({ name }) => name.value === BATCH);
}

/**
 * Refuses, before the values of variables are looked at one by one, an operation whose body is larger than any that has no
 * batch of tokens, and a batch that is too large: a body has room for tens of thousands of requests.
 */
export function checkBatches(
  batches: readonly FieldNode[],
  operation: OperationDefinitionNode,
  variables: Variables,
  hasLargeBody: boolean,
): void {
  if (hasLargeBody && batches.length === 0) {
    throw new GraphQLError(`Only ${BATCH} may have a body of more than 64 KB`, {
      nodes: operation,
      extensions: { code: "PAYLOAD_TOO_LARGE", http: { status: 413 } },
    });
  }
  for (const batch of batches) {
    const requests = variables[requestsVariableOf(batch) ?? ""];
    if (Array.isArray(requests)) checkSize(batch, requests.length);
  }
}

/**
 * The variables by which to tell the cost, of which those of batches are only as long as they are: to look at each value takes
 * as long as to make the token, and the execution does so anyway.
 *
 * @param size as if they were so long
 */
export function variablesForCost(
  batches: readonly FieldNode[],
  variables: Variables,
  size?: number,
): Variables {
  const forCost = { ...variables };
  for (const name of batches.map(requestsVariableOf)) {
    const given = variables[name ?? ""];
    const length = size ?? (Array.isArray(given) ? given.length : undefined);
    if (name !== undefined && length !== undefined) forCost[name] = Array(length).fill(SOME_REQUEST);
  }
  return forCost;
}

/** The name of the variable that holds the requests of a batch. */
function requestsVariableOf(batch: FieldNode): string | undefined {
  const requests = batch.arguments?.find(({ name }) => name.value === "requests")?.value;
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
