import type { GraphQLRequestListener } from "@apollo/server";
import { type ExecutionResult, executeSync, type GraphQLSchema, Kind, print } from "graphql";
import { LRUCache } from "lru-cache";
import type { Context } from "./context.ts";
import { rootFieldsOf } from "./root-fields.ts";

/** The cached answers, and the longest document of one, in characters. Tools use a handful of short documents. */
const KEPT_ANSWERS = 10;
const MAX_DOCUMENT = 10_000;

/** Answers pure introspection without variables from a cache, which ignores the name of the operation. */
export function introspection(
  schema: GraphQLSchema,
): NonNullable<GraphQLRequestListener<Context>["responseForOperation"]> {
  const answers = new LRUCache<string, ExecutionResult>({ max: KEPT_ANSWERS });
  return async ({ document, operation, response: { http } }) => {
    // Apollo Server also calls this if no operation has the given name.
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
    // A copy, because plugins add to the answer.
    return { http, body: { kind: "single", singleResult: { ...answer } } };
  };
}
