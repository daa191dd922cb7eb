import type { GraphQLRequestContextDidEncounterErrors } from "@apollo/server";
import { unwrapResolverError } from "@apollo/server/errors";
import { GraphQLError, type GraphQLErrorExtensions, type GraphQLFormattedError } from "graphql";
import { actorOf, noteRefusal } from "../../audit/audit.ts";
import {
  abridge,
  DatabaseUnavailable,
  type ErrorCode,
  isRetryable,
  PlatformRejected,
  PlatformUnavailable,
  StagepassError,
} from "../../errors.ts";
import type { Context } from "../context.ts";
import { nameArguments } from "./input-errors.ts";
import { inPlainWords } from "./plain-words.ts";
import { hintAtSchema } from "./schema-hints.ts";
import { withholdValue } from "./withhold-values.ts";

const INTERNAL = "INTERNAL_SERVER_ERROR" satisfies ErrorCode;

declare module "graphql/error/GraphQLError.js" {
  interface GraphQLErrorExtensions {
    /** Typed, so that every error has a known code. */
    code?: ErrorCode;
  }
}

/** The codes of operations that are refused before they run. GraphQL's messages with these codes quote input. */
export const NOT_RUN: ReadonlySet<string> = new Set([
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "BAD_USER_INPUT",
  "OPERATION_RESOLUTION_FAILURE",
]);

/** Formats an error, given as Apollo Server formats it. */
export type Format = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/** An error as Apollo Server passes it to `formatError`. */
export function asFormatted(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...others } = error.toJSON();
  return { ...others, extensions: { code: INTERNAL, ...extensions } };
}

/** Formats an error. Masks unknown errors, whose messages may contain a secret: callers see only our own and GraphQL's. */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  if (isUnknown(error)) return masked(formatted);
  const { message, locations, extensions, ...others } = formatted;
  return {
    message: inPlainWords(quotesInput(formatted, error) ? abridge(message) : message),
    // Cached documents keep no positions.
    ...(locations && LOCATED.has(String(extensions?.code)) && { locations }),
    ...others,
    // Our own errors have their own `retryable`.
    extensions: { retryable: isRetryable(extensions?.code), ...extensions },
  };
}

/** The codes of errors in a document, which have positions. */
const LOCATED: ReadonlySet<string> = new Set(["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"]);

/** The end of GraphQL's messages when the schema has a similar name. */
const SUGGESTION = / ?Did you mean .+\?$/s;

/** As `formatError`, without suggestions of names. Apollo Server only hides those of validation, not those of variables. */
export function withoutSuggestions(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const { message, ...others } = formatError(formatted, error);
  return { message: quotesInput(formatted, error) ? message.replace(SUGGESTION, "") : message, ...others };
}

function masked({ path, extensions }: GraphQLFormattedError): GraphQLFormattedError {
  return {
    message: "Internal server error",
    ...(path && { path }),
    extensions: { code: INTERNAL, retryable: isRetryable(INTERNAL), requestId: extensions?.requestId },
  };
}

/** GraphQL's message after the first error of a variable if there are more. */
const TOO_MANY = /^Too many errors processing variables/;

/**
 * Completes errors before they are formatted. GraphQL's own errors name the argument and not its value. An unknown error is
 * logged, and gets the ID of the request.
 */
export function completeErrors({
  errors,
  document,
  schema,
  contextValue: { logger, requestId, audit, caller },
}: Pick<
  GraphQLRequestContextDidEncounterErrors<Context>,
  "errors" | "document" | "schema" | "contextValue"
>): void {
  for (const error of errors) {
    if (!(unwrapResolverError(error) instanceof StagepassError)) withholdValue(error);
  }
  if (document) nameArguments(errors, document);
  for (const error of errors) hintAtSchema(error, schema);
  // An error without a code before any field runs is the client's fault.
  for (const { path, originalError, extensions, message } of errors) {
    if (isOfMethod(extensions)) extensions.code = "METHOD_NOT_ALLOWED";
    if (!path && !originalError)
      extensions.code ??= TOO_MANY.test(message) ? "BAD_USER_INPUT" : "BAD_REQUEST";
  }
  // Logs each cause once: one failed look-up may fail a thousand fields of a router.
  for (const cause of new Set(errors.map(unwrapResolverError))) {
    if (cause instanceof PlatformRejected || cause instanceof PlatformUnavailable) {
      logger.warn({ requestId, ...cause.extensions }, cause.message);
    } else if (cause instanceof DatabaseUnavailable) {
      logger.warn({ requestId, reason: cause.reason }, cause.message);
    }
  }
  for (const { extensions, message } of errors) noteRefusal(audit, actorOf(caller), extensions, message);
  const unknown = errors.filter(isUnknown);
  for (const err of new Set(unknown.map(unwrapResolverError)))
    logger.error({ requestId, err }, "unexpected error");
  for (const { extensions } of unknown) extensions.requestId = requestId;
}

/** Whether Apollo Server refuses the HTTP method, for which it has the code `BAD_REQUEST`. */
function isOfMethod({ http }: GraphQLErrorExtensions): boolean {
  return (http as { status?: number } | undefined)?.status === 405;
}

function quotesInput({ extensions }: GraphQLFormattedError, error: unknown): boolean {
  return NOT_RUN.has(String(extensions?.code)) && !(unwrapResolverError(error) instanceof StagepassError);
}

/** Whether an error is unexpected. GraphQL's own errors have a code unless the server itself failed. */
function isUnknown(error: unknown): boolean {
  const cause = unwrapResolverError(error);
  if (cause instanceof StagepassError) return false;
  if (!(cause instanceof GraphQLError) || !(error instanceof GraphQLError)) return true;
  return (error.extensions.code ?? INTERNAL) === INTERNAL;
}
