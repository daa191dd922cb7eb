import { createHash } from "node:crypto";
import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  parse,
  specifiedRules,
  validate,
} from "graphql";
import type { Logger } from "pino";
import type { Caller } from "../access/caller.ts";
import { type ErrorCode, StagepassError } from "../errors.ts";
import { OneByOne } from "../services/one-by-one.ts";
import { type Context, createContext, type Services } from "./context.ts";
import { documentStore } from "./documents.ts";
import { asFormatted, completeErrors, formatError, withoutSuggestions } from "./errors/format-error.ts";
import { EventStream } from "./event-stream.ts";
import { limitCost } from "./limits/cost-limit.ts";
import { limitShape, MAX_TOKENS } from "./limits/limits.ts";
import type { Admit } from "./trusted-documents.ts";
import { unconditional } from "./unconditional.ts";

/** The dependencies of `createSubscriber`. */
export interface SubscriberParts {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly admit: Admit;
  /** Resolves at a caller's turn on the event loop. */
  readonly turn: (callerId: string) => Promise<void>;
  readonly production: boolean;
  readonly logger: Logger;
}

/** The payload of a `subscribe` message: what a body has over HTTP. */
export interface SubscribePayload {
  readonly query?: unknown;
  readonly operationName?: unknown;
  readonly variables?: unknown;
  readonly extensions?: unknown;
}

/** The client of a subscription. */
export interface Subscriber {
  /** The caller as it is now. */
  readonly caller: () => Caller;
  readonly requestId: string;
  /** Called if the client takes the events too slowly. */
  readonly tooSlow: () => void;
  /** Counts a subscription. @throws {RateLimited} */
  readonly enter: () => void;
  /** Called once when a subscription is refused after `enter`, or ends. */
  readonly leave: () => void;
}

/** A subscription that has begun: its document and its events. */
export type Begun = ExecutionArgs & { readonly events: EventStream };

/** Begins a subscription. Resolves to the errors if it is refused; their JSON is what clients get. */
export type Subscribe = (
  payload: SubscribePayload,
  subscriber: Subscriber,
) => Promise<Begun | readonly GraphQLError[]>;

const ONLY_SUBSCRIPTIONS =
  "Only subscriptions run over the WebSocket; send queries and mutations by POST to the same path";

/** Subscribes with the rules of HTTP: trusted documents, limits, cost and errors. */
export function createSubscriber(parts: SubscriberParts): Subscribe {
  const { schema, services, admit, turn, production, logger } = parts;
  const format = production ? withoutSuggestions : formatError;
  const documents = documentStore();
  const oneByOne = new OneByOne();

  const documentOf = async (source: string): Promise<DocumentNode> => {
    // The text itself would stay in memory as the key.
    const key = createHash("sha256").update(source).digest("base64");
    const known = await documents.get(key);
    if (known) return known;
    const document = parsed(source);
    const errors = validate(schema, document, [...specifiedRules, unconditional, limitShape]);
    if (errors.length > 0)
      throw new Refused(
        errors.map((error) => coded(error, "GRAPHQL_VALIDATION_FAILED")),
        document,
      );
    await documents.set(key, document);
    return document;
  };

  const begin = async (payload: SubscribePayload, context: () => Context): Promise<ExecutionArgs> => {
    const { query, operationName, variables } = admit(payload, context().requestId);
    if (typeof query !== "string" || query === "")
      throw refused("query is missing or empty; it must contain the document");
    if (!isAbsent(operationName) && typeof operationName !== "string")
      throw refused("operationName must be a string");
    if (!isAbsent(variables) && (typeof variables !== "object" || Array.isArray(variables)))
      throw refused("variables must be an object");
    const document = await documentOf(query);
    const operation = getOperationAST(document, operationName || undefined);
    if (!operation) throw refused("operationName must be the name of an operation in the document");
    if (operation.operation !== "subscription") throw refused(ONLY_SUBSCRIPTIONS);
    const variableValues = (variables ?? {}) as Record<string, unknown>;
    const request = { query, variables: variableValues };
    limitCost({ schema, document, operation, source: query, request, contextValue: context() });
    return {
      schema,
      document,
      operationName: operationName || undefined,
      variableValues,
      // Each error repeats the whole value.
      options: { maxCoercionErrors: 1 },
    };
  };

  return async (payload, { caller, requestId, tooSlow, enter, leave }) => {
    const context = (): Context => {
      const current = caller();
      return createContext(services, {
        caller: { ...current, admitted: new Set() },
        requestId,
        logger,
        bodyBytes: 0,
        // What waits to be sent is limited by the socket.
        reserve: () => {},
        turn: () => turn(current.id),
        summary: { type: null, operation: null, code: null },
        tooSlow,
      });
    };
    const formatted = async (errors: readonly GraphQLError[], document?: DocumentNode) => {
      completeErrors({ errors, document, schema, contextValue: context() });
      return errors.map((error) => new Told(format(asFormatted(error), error)));
    };

    let document: DocumentNode | undefined;
    let entered = false;
    const refuse = (errors: readonly GraphQLError[]) => {
      if (entered) leave();
      return formatted(errors, document);
    };
    await turn(caller().id);
    try {
      enter();
      entered = true;
      const args = await begin(payload, context);
      document = args.document;
      const source = await createSourceEventStream({ ...args, contextValue: context() });
      if (!("errors" in source) || !source.errors)
        return {
          ...args,
          events: new EventStream(
            source as ConstructorParameters<typeof EventStream>[0],
            args,
            context,
            formatted,
            oneByOne,
            leave,
          ),
        };
      return await refuse(source.errors);
    } catch (error) {
      if (!(error instanceof Refused)) return refuse([asGraphQL(error)]);
      document = error.document;
      return refuse(error.errors);
    }
  };
}

/** An error in the form that clients get. graphql-ws sends its JSON. */
class Told extends GraphQLError {
  readonly #formatted: GraphQLFormattedError;

  constructor(formatted: GraphQLFormattedError) {
    super(formatted.message);
    this.#formatted = formatted;
  }

  override toJSON(): GraphQLFormattedError {
    return this.#formatted;
  }
}

/** Errors of a document. */
class Refused extends Error {
  constructor(
    readonly errors: readonly GraphQLError[],
    readonly document?: DocumentNode,
  ) {
    super("refused");
  }
}

function refused(message: string): Refused {
  return new Refused([
    new GraphQLError(message, { extensions: { code: "BAD_REQUEST" satisfies ErrorCode } }),
  ]);
}

function parsed(source: string): DocumentNode {
  try {
    return parse(source, { maxTokens: MAX_TOKENS });
  } catch (error) {
    throw error instanceof GraphQLError ? new Refused([coded(error, "GRAPHQL_PARSE_FAILED")]) : error;
  }
}

function coded(error: GraphQLError, code: ErrorCode): GraphQLError {
  error.extensions.code ??= code;
  return error;
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** An error outside of a field, such as of an unknown document. */
function asGraphQL(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const originalError = error instanceof Error ? error : new Error(String(error));
  const extensions = error instanceof StagepassError ? error.extensions : {};
  return new GraphQLError(originalError.message, { originalError, extensions });
}
