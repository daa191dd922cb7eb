import {
  coerceInputValue,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
} from "graphql";

/** The values of an operation's variables; null if one is invalid. */
export type Coerce = (given: Readonly<Record<string, unknown>>) => Record<string, unknown> | null;

/** Stops at the first invalid value, because each error of GraphQL repeats the whole value. */
const INVALID = Symbol("an invalid value");
const stop = () => {
  throw INVALID;
};

/**
 * Prepares the coercion of an operation's variables, which have no defaults. It is that of GraphQL, but finds each type only
 * once, and words no error.
 */
export function coercionOf(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): Coerce {
  const types = variableDefinitions.map(({ variable, type }): [string, GraphQLInputType] => {
    const found = typeFromAST(schema, type as Parameters<typeof typeFromAST>[1]);
    if (!isInputType(found)) throw new Error(`the variable ${variable.name.value} has no input type`);
    return [variable.name.value, found];
  });
  return (given) => {
    const coerced: Record<string, unknown> = {};
    try {
      for (const [name, type] of types) {
        if (Object.hasOwn(given, name)) coerced[name] = coerceInputValue(given[name], type, stop);
        else if (isNonNullType(type)) return null;
      }
    } catch (error) {
      if (error === INVALID) return null;
      throw error;
    }
    return coerced;
  };
}
