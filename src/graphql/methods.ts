import { type GraphQLRequestContextDidResolveOperation, HeaderMap } from "@apollo/server";
import { GraphQLError } from "graphql";
import type { ErrorCode } from "../errors.ts";
import type { Context } from "./context.ts";
import { rootFieldsOf } from "./root-fields.ts";

/** The field with a token as argument. */
const INSPECTION = "inspectToken";

/**
 * Refuses a subscription over HTTP.
 *
 * @throws {GraphQLError} `BAD_REQUEST`, with the status 400
 */
export function refuseSubscriptions({ operation }: GraphQLRequestContextDidResolveOperation<Context>): void {
  if (operation?.operation !== "subscription") return;
  throw new GraphQLError(
    "Subscriptions need a WebSocket: connect to the same path with the subprotocol graphql-transport-ws, as the npm package graphql-ws does",
    { extensions: { code: "BAD_REQUEST" satisfies ErrorCode, http: { status: 400 } } },
  );
}

/**
 * Refuses `inspectToken` by GET: the URL contains the token, proxies log URLs, and browsers keep and share them.
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
  throw new GraphQLError("Send inspectToken by POST: a GET puts the token into the URL, which proxies log", {
    extensions: {
      code: "METHOD_NOT_ALLOWED" satisfies ErrorCode,
      http: { status: 405, headers: new HeaderMap([["allow", "POST"]]) },
    },
  });
}
