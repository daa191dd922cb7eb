import type {
  GraphQLRequestContextDidResolveOperation,
  GraphQLRequestContextWillSendResponse,
} from "@apollo/server";
import type { DocumentNode, OperationDefinitionNode } from "graphql";
import { rootFieldsOf } from "./root-fields.ts";

/**
 * What a request asked for and how it ended, in words of which there are few, and none of the caller's: for the log, metrics and
 * traces.
 */
export interface OperationSummary {
  /** The root field, `several` when there are others, too; null while no valid operation is known. */
  operation: string | null;
  /** `OK`, or the code of the first error; null while there is no answer. */
  code: string | null;
}

interface Summarized {
  readonly summary: OperationSummary;
}

/** By operation, for most are sent again and again. */
const names = new WeakMap<OperationDefinitionNode, string>();

/** Notes what a request asks for, once it is known to be valid: until then its fields are whatever somebody wrote. */
export function noteOperation({
  operation,
  document,
  contextValue: { summary },
}: GraphQLRequestContextDidResolveOperation<Summarized>): void {
  if (operation) summary.operation = nameOf(operation, document);
}

/** Notes how a request ended. */
export function noteCode({
  response: { body },
  contextValue: { summary },
}: GraphQLRequestContextWillSendResponse<Summarized>): void {
  const [error] = (body.kind === "single" && body.singleResult.errors) || [];
  summary.code = error ? String(error.extensions?.code) : "OK";
}

function nameOf(operation: OperationDefinitionNode, document: DocumentNode): string {
  const known = names.get(operation);
  if (known !== undefined) return known;
  const [first, ...others] = rootFieldsOf(document, operation).map(({ name }) => name.value);
  const name = first !== undefined && others.every((other) => other === first) ? first : "several";
  names.set(operation, name);
  return name;
}
