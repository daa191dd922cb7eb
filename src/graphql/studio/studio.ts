import type { IncomingHttpHeaders } from "node:http";
import type { ApolloConfigInput, ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { GraphQLError } from "graphql";
import type { Context } from "../context.ts";

/** The plugins that measure operations, and the account at Apollo Studio that some of them report to. */
export interface Measuring {
  readonly plugins: readonly ApolloServerPlugin<Context>[];
  readonly account: ApolloConfigInput;
  /** Whether a request with these headers needs the plugins. Any other may skip them. */
  readonly measures: (headers: IncomingHttpHeaders) => boolean;
}

/** Reduces errors in traces and reports to their codes, because messages may quote input. */
export const CODES_ALONE = {
  transform: ({ extensions: { code } }: GraphQLError) =>
    new GraphQLError(String(code ?? "INTERNAL_SERVER_ERROR"), { extensions: { code } }),
};

/** No measurements for Apollo Studio. */
export const UNMEASURED: Measuring = {
  plugins: [ApolloServerPluginInlineTraceDisabled(), ApolloServerPluginUsageReportingDisabled()],
  account: {},
  measures: () => false,
};

/** Sends the times of an operation's fields to a router that requests them; the router reports to Apollo Studio. */
export async function inlineTraces(): Promise<Measuring> {
  const { ApolloServerPluginInlineTrace } = await import("@apollo/server/plugin/inlineTrace");
  return {
    plugins: [
      ApolloServerPluginInlineTrace({ includeErrors: CODES_ALONE }),
      ApolloServerPluginUsageReportingDisabled(),
    ],
    account: {},
    measures: (headers) => headers["apollo-federation-include-trace"] === "ftv1",
  };
}
