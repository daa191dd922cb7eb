import { type GraphQLError, type GraphQLSchema, isEnumType } from "graphql";

/**
 * Adds to a message of GraphQL's what the schema has instead: the values of an enum, or that a field is a mutation. Also in
 * production, where names are not suggested: roles are public, and the name of the field is the caller's.
 */
export function hintAtSchema(error: GraphQLError, schema: GraphQLSchema): void {
  listValues(error, schema);
  nameMutation(error, schema);
}

/** How GraphQL's messages name an enum that has not the value that was given. */
const OF_ENUM = /(?:value does not exist in "(\w+)" enum|Enum "(\w+)" cannot represent (non-enum)?)/;

function listValues(error: GraphQLError, schema: GraphQLSchema): void {
  const [found, unknown, misplaced, isLiteral] = OF_ENUM.exec(error.message) ?? [];
  if (found === undefined) return;
  const type = schema.getType(unknown ?? misplaced ?? "");
  if (!isEnumType(type)) return;
  const names = type.getValues().map(({ name }) => name);
  const how = misplaced === undefined ? "" : isLiteral ? ", without quotes" : ", as text";
  error.message += `${misplaced === undefined ? " Its" : "; its"} values are ${names.join(", ")}${how}`;
}

const NOT_A_QUERY = /^Cannot query field "(\w+)" on type "Query"\./;

function nameMutation(error: GraphQLError, schema: GraphQLSchema): void {
  const [said, name = ""] = NOT_A_QUERY.exec(error.message) ?? [];
  const fields = schema.getMutationType()?.getFields() ?? {};
  if (said === undefined || !Object.hasOwn(fields, name)) return;
  // In place of names that are like it.
  error.message = `${said} It is a mutation: send mutation { ${name} … }`;
}
