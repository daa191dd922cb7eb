import { type GraphQLError, type GraphQLSchema, isEnumType } from "graphql";

/**
 * Adds hints from the schema to a GraphQL message: the values of an enum, or that a field is a mutation. These also appear in
 * production, because roles are public and the caller already knows the field's name.
 */
export function hintAtSchema(error: GraphQLError, schema: GraphQLSchema): void {
  listValues(error, schema);
  nameMutation(error, schema);
}

/** The part of GraphQL's messages that names the enum of an invalid value. */
const OF_ENUM = /(?:value does not exist in "(\w+)" enum|Enum "(\w+)" cannot represent (non-enum)?)/;

function listValues(error: GraphQLError, schema: GraphQLSchema): void {
  const [found, unknown, misplaced, isLiteral] = OF_ENUM.exec(error.message) ?? [];
  if (found === undefined) return;
  const type = schema.getType(unknown ?? misplaced ?? "");
  if (!isEnumType(type)) return;
  const names = type.getValues().map(({ name }) => name);
  const how = misplaced === undefined ? "" : isLiteral ? ", without quotes" : ", as strings";
  error.message += `${misplaced === undefined ? " Its" : "; its"} values are ${names.join(", ")}${how}`;
}

const NOT_A_QUERY = /^Cannot query field "(\w+)" on type "Query"\./;

function nameMutation(error: GraphQLError, schema: GraphQLSchema): void {
  const [said, name = ""] = NOT_A_QUERY.exec(error.message) ?? [];
  const fields = schema.getMutationType()?.getFields() ?? {};
  if (said === undefined || !Object.hasOwn(fields, name)) return;
  // Replaces suggestions of similar names.
  error.message = `${said} It is a mutation: send mutation { ${name} … }`;
}
