import type { GraphQLRequest, HTTPGraphQLRequest } from "@apollo/server";

/**
 * The operation of a request in the ordinary form: a JSON object with a document, sent by POST, which cannot be forged
 * from a page of another site (see Apollo Server on CSRF). Null for every other.
 */
export function operationIn(http: HTTPGraphQLRequest): GraphQLRequest | null {
  const { method, body } = http;
  if (method !== "POST" || !isObject(body)) return null;
  const { query, operationName, variables, extensions } = body;
  const isOrdinary =
    typeof query === "string" &&
    query !== "" &&
    typeof (operationName ?? "") === "string" &&
    isObject(variables ?? {}) &&
    isObject(extensions ?? {});
  if (!isOrdinary) return null;
  const given = { operationName: operationName ?? undefined, variables: variables ?? undefined };
  return { query, ...given, extensions: extensions ?? undefined, http } as GraphQLRequest;
}

/** Whether JSON is an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
