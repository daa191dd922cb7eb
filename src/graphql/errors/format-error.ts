import type { GraphQLRequestListener } from "@apollo/server";
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
    /** So that no error of GraphQL's gets a code that there is not. */
    code?: ErrorCode;
  }
}

/** The codes with which an operation is refused before it runs. GraphQL's own of these repeat names that they are about. */
export const NOT_RUN: ReadonlySet<string> = new Set([
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "BAD_USER_INPUT",
  "OPERATION_RESOLUTION_FAILURE",
]);

/**
 * Masks what we did not mean to say. The message of an unknown error may hold anything, a database URL or a
 * secret among it, so only our own errors and GraphQL's reach a caller.
 */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  if (isUnknown(error)) return masked(formatted);
  const { message, locations, extensions, ...others } = formatted;
  return {
    message: inPlainWords(quotesInput(formatted, error) ? abridge(message) : message),
    // Of a document that is valid no positions are kept.
    ...(locations && LOCATED.has(String(extensions?.code)) && { locations }),
    ...others,
    // Our own errors say it themselves.
    extensions: { retryable: isRetryable(extensions?.code), ...extensions },
  };
}

/** The codes of errors that are found while a document is read. */
const LOCATED: ReadonlySet<string> = new Set(["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"]);

/** How GraphQL's messages end when a name of the schema is like the one that was written. */
const SUGGESTION = / ?Did you mean .+\?$/s;

/** As `formatError`. Apollo Server hides suggestions from errors of validation alone, not from those of variables. */
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

/** What GraphQL says after the error of a variable when there are more. */
const TOO_MANY = /^Too many errors processing variables/;

/**
 * Completes errors before they are formatted: GraphQL's own name the argument and not its value, and an unknown one is logged
 * and gets the request ID under which the log has it.
 */
export const completeErrors: NonNullable<GraphQLRequestListener<Context>["didEncounterErrors"]> = async ({
  errors,
  document,
  schema,
  contextValue: { logger, requestId, audit, caller },
}) => {
  for (const error of errors) {
    if (!(unwrapResolverError(error) instanceof StagepassError)) withholdValue(error);
  }
  if (document) nameArguments(errors, document);
  for (const error of errors) hintAtSchema(error, schema);
  // What GraphQL and Apollo Server refuse before any field runs is the request's fault, also where they give no code.
  for (const { path, originalError, extensions, message } of errors) {
    if (isOfMethod(extensions)) extensions.code = "METHOD_NOT_ALLOWED";
    if (!path && !originalError)
      extensions.code ??= TOO_MANY.test(message) ? "BAD_USER_INPUT" : "BAD_REQUEST";
  }
  // One failed look-up fails each field that waits for it: a router may ask for a thousand at once.
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
};

/** Whether Apollo Server refuses the method of the request, which it calls a bad one. */
function isOfMethod({ http }: GraphQLErrorExtensions): boolean {
  return (http as { status?: number } | undefined)?.status === 405;
}

function quotesInput({ extensions }: GraphQLFormattedError, error: unknown): boolean {
  return NOT_RUN.has(String(extensions?.code)) && !(unwrapResolverError(error) instanceof StagepassError);
}

/** GraphQL's own errors have a code, given by Apollo Server or by us, unless something went wrong in here. */
function isUnknown(error: unknown): boolean {
  const cause = unwrapResolverError(error);
  if (cause instanceof StagepassError) return false;
  if (!(cause instanceof GraphQLError) || !(error instanceof GraphQLError)) return true;
  return (error.extensions.code ?? INTERNAL) === INTERNAL;
}
