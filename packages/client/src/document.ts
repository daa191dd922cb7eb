import type { DocumentNode } from "graphql";

/**
 * A document with the types of its result and its variables. It is a `TypedDocumentNode` to Apollo Client, urql,
 * graphql-request and TypedDocumentNode's own package.
 */
export interface TypedDocument<Result, Variables> extends DocumentNode {
  /** Only for the compiler. */
  __apiType?: (variables: Variables) => Result;
}
