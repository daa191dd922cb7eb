import type { ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { GraphQLError } from "graphql";
import type { Context } from "../context.ts";

/** Reduces errors in traces and reports to their codes, because messages may quote input. */
export const CODES_ALONE = {
  transform: ({ extensions: { code } }: GraphQLError) =>
    new GraphQLError(String(code ?? "INTERNAL_SERVER_ERROR"), { extensions: { code } }),
};

/** No measurements for Apollo Studio. */
export const UNMEASURED: readonly ApolloServerPlugin<Context>[] = [
  ApolloServerPluginInlineTraceDisabled(),
  ApolloServerPluginUsageReportingDisabled(),
];

/** Sends the times of an operation's fields to a router that requests them; the router reports to Apollo Studio. */
export async function inlineTraces(): Promise<readonly ApolloServerPlugin<Context>[]> {
  const { ApolloServerPluginInlineTrace } = await import("@apollo/server/plugin/inlineTrace");
  return [
    ApolloServerPluginInlineTrace({ includeErrors: CODES_ALONE }),
    ApolloServerPluginUsageReportingDisabled(),
  ];
}
