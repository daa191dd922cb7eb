import { type GraphQLRequestContextDidResolveOperation, HeaderMap } from "@apollo/server";
import { GraphQLError } from "graphql";
import type { ErrorCode } from "../errors.ts";
import type { Context } from "./context.ts";
import { rootFieldsOf } from "./root-fields.ts";

/** The field that is given a token. */
const INSPECTION = "inspectToken";

/**
 * Refuses to inspect a token by GET. Its URL has the token, and proxies log URLs, browsers keep them, and pages pass them on.
 *
 * @throws {GraphQLError} `METHOD_NOT_ALLOWED`, with the status 405
 */
export function refuseTokensInUrls({
  request: { http },
  document,
  operation,
}: GraphQLRequestContextDidResolveOperation<Context>): void {
  if (http?.method !== "GET" || !operation) return;
  if (!rootFieldsOf(document, operation).some(({ name }) => name.value === INSPECTION)) return;
  throw new GraphQLError("Send inspectToken by POST: in a URL the token would be logged", {
    extensions: {
      code: "METHOD_NOT_ALLOWED" satisfies ErrorCode,
      http: { status: 405, headers: new HeaderMap([["allow", "POST"]]) },
    },
  });
}
