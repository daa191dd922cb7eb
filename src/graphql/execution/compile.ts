import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  GraphQLScalarType,
  GraphQLSchema,
  Kind,
  locatedError,
  type OperationDefinitionNode,
  parse,
  print,
  type VariableDefinitionNode,
} from "graphql";
import { compileQuery, isCompiledQuery } from "graphql-jit";
import type { Context } from "../context.ts";
import { coercionOf } from "./coercion.ts";
import { isCompilable, within } from "./compilable.ts";

/**
 * Executes one operation with the values that a caller gave its variables. Null if one of these is invalid: nothing ran. Its errors
 * have no nodes.
 */
export type Execute = (
  given: Readonly<Record<string, unknown>>,
  context: Context,
) => Promise<ExecutionResult> | ExecutionResult | null;

/** Compiles an operation of a valid document; null if only graphql-js can execute it. */
export type Compile = (document: DocumentNode, operation: OperationDefinitionNode) => Execute | null;

/** The type of all variables in compiled code: any value, because graphql-js has already coerced them. */
const COERCED = new GraphQLScalarType({ name: "Coerced" });

/** A compiler of operations into JavaScript, which takes a third of the time of graphql-js and returns the same results. */
export function compiler(schema: GraphQLSchema): Compile {
  const { types, ...others } = schema.toConfig();
  const extended = new GraphQLSchema({ ...others, types: [...types, COERCED], assumeValid: true });
  return (document, operation) => {
    if (!isCompilable(schema, document, operation)) return null;
    const coerce = coercionOf(schema, operation);
    const compiled = compileQuery(extended, withCoerced(document, operation), undefined, {
      customJSONSerializer: false,
      disablingCapturingStackErrors: true,
    });
    if (!isCompiledQuery(compiled)) return null;
    return (given, context) => {
      const variables = coerce(given);
      return variables && compiled.query(undefined, context, variables);
    };
  };
}

/** An error of compiled code as graphql-js makes it, but without nodes. */
export function asExecuted({ message, originalError, path }: GraphQLError): GraphQLError {
  return locatedError(originalError ?? new Error(message), undefined, path);
}

/** The operation with variables of the type `Coerced`. Parsed again, because graphql-jit writes into the nodes. */
function withCoerced(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  const variableDefinitions = operation.variableDefinitions?.map(
    (definition): VariableDefinitionNode => ({
      ...definition,
      type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: COERCED.name } },
    }),
  );
  return parse(print(within(document, { ...operation, variableDefinitions })), { noLocation: true });
}
