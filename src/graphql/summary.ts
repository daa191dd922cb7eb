import type {
  GraphQLRequestContextDidResolveOperation,
  GraphQLRequestContextWillSendResponse,
} from "@apollo/server";
import type { DocumentNode, OperationDefinitionNode, OperationTypeNode } from "graphql";
import { rootFieldsOf } from "./root-fields.ts";

/** The operation and outcome of a request, for the log, metrics and traces. The values are never the caller's own text. */
export interface OperationSummary {
  /** Null while no operation is known. */
  type: `${OperationTypeNode}` | null;
  /** The root field, or `several` for different root fields, or the event of a webhook; null while none is known. */
  operation: string | null;
  /** `OK`, `APPLIED` or `IGNORED` for a webhook, or the code of the first error; null before the answer. */
  code: string | null;
}

interface Summarized {
  readonly summary: OperationSummary;
}

/** Names by operation, because clients repeat most operations. */
const names = new WeakMap<OperationDefinitionNode, string>();

/** Notes the operation of a request after validation, because an invalid document may contain any field name. */
export function noteOperation({
  operation,
  document,
  contextValue: { summary },
}: Pick<
  GraphQLRequestContextDidResolveOperation<Summarized>,
  "operation" | "document" | "contextValue"
>): void {
  if (!operation) return;
  summary.type = operation.operation;
  summary.operation = nameOf(operation, document);
}

/** Notes the outcome of a request. */
export function noteCode({
  response: { body },
  contextValue: { summary },
}: Pick<GraphQLRequestContextWillSendResponse<Summarized>, "response" | "contextValue">): void {
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
