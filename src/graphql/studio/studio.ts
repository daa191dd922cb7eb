import type { ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { GraphQLError } from "graphql";
import type { Context } from "../context.ts";

/** What Apollo Studio learns of errors, from a router's traces or from reports: their codes, and no message, which may quote input. */
export const CODES_ALONE = {
  transform: ({ extensions: { code } }: GraphQLError) =>
    new GraphQLError(String(code ?? "INTERNAL_SERVER_ERROR"), { extensions: { code } }),
};

/** Nothing is measured for Apollo Studio. */
export const UNMEASURED: readonly ApolloServerPlugin<Context>[] = [
  ApolloServerPluginInlineTraceDisabled(),
  ApolloServerPluginUsageReportingDisabled(),
];

/** A router that asks for it gets the times of an operation's fields with the answer, and reports them in our place. */
export async function inlineTraces(): Promise<readonly ApolloServerPlugin<Context>[]> {
  const { ApolloServerPluginInlineTrace } = await import("@apollo/server/plugin/inlineTrace");
  return [
    ApolloServerPluginInlineTrace({ includeErrors: CODES_ALONE }),
    ApolloServerPluginUsageReportingDisabled(),
  ];
}
