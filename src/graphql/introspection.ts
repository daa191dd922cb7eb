import type { GraphQLRequestListener } from "@apollo/server";
import { type ExecutionResult, executeSync, type GraphQLSchema, Kind, print } from "graphql";
import { LRUCache } from "lru-cache";
import type { Context } from "./context.ts";
import { rootFieldsOf } from "./root-fields.ts";

/** How many answers are kept, and of which documents: the tools that ask for the schema have a handful of short forms. */
const KEPT_ANSWERS = 10;
const MAX_DOCUMENT = 10_000;

/**
 * Answers an operation that asks for the schema alone, with no variables, from memory: the schema never changes. The name of the
 * operation makes no difference.
 */
export function introspection(
  schema: GraphQLSchema,
): NonNullable<GraphQLRequestListener<Context>["responseForOperation"]> {
  const answers = new LRUCache<string, ExecutionResult>({ max: KEPT_ANSWERS });
  return async ({ document, operation, response: { http } }) => {
    // Apollo calls this also where no operation has the name that was asked for.
    if (!operation || operation.variableDefinitions?.length) return null;
    const fields = rootFieldsOf(document, operation);
    if (!fields.every(({ name }) => name.value === "__schema" || name.value === "__type")) return null;
    const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
    const key = [operation.selectionSet, ...fragments].map(print).join("\n");
    if (key.length > MAX_DOCUMENT) return null;
    const answer =
      answers.get(key) ??
      executeSync({ schema, document: { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] } });
    answers.set(key, answer);
    // A copy: plugins add to the answer.
    return { http, body: { kind: "single", singleResult: { ...answer } } };
  };
}
