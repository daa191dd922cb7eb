import type { GraphQLRequest } from "@apollo/server";
import { isObject } from "../access/json.ts";

/**
 * The operation of an ordinary request: a JSON object with a document, sent by POST. A page of another site cannot forge it (see
 * CSRF prevention in Apollo Server). Null for any other request.
 */
export function operationIn(method: string, body: unknown): GraphQLRequest | null {
  if (method !== "POST" || !isObject(body)) return null;
  const { query, operationName, variables, extensions } = body;
  if (typeof query !== "string" || query === "") return null;
  if (!isAbsent(operationName) && typeof operationName !== "string") return null;
  if (!isAbsent(variables) && !isObject(variables)) return null;
  if (!isAbsent(extensions) && !isObject(extensions)) return null;
  return {
    query,
    // A client whose operation has no name may send an empty name.
    operationName: operationName || undefined,
    variables: variables ?? undefined,
    extensions: extensions ?? undefined,
  };
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}
