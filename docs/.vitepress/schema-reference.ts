import {
  astFromValue,
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
  print,
} from "graphql";

type Row = readonly [name: string, type: GraphQLType | null, description: string | null | undefined];

const text = (description: string | null | undefined): string => (description ?? "").replaceAll("|", "\\|");
const inCell = (description: string | null | undefined): string =>
  text(description).replaceAll(/\s*\n\s*/g, " ");

/** The notation of a type, with a link to its section unless GraphQL itself defines it. */
function linkTo(type: GraphQLType): string {
  const named = getNamedType(type);
  const notation = `\`${type}\``;
  return isSpecifiedScalarType(named) ? notation : `[${notation}](#${named.name.toLowerCase()})`;
}

function table(heading: string, rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const lines = rows.map(([name, type, description]) =>
    type === null
      ? `| \`${name}\` | ${inCell(description)} |`
      : `| \`${name}\` | ${linkTo(type)} | ${inCell(description)} |`,
  );
  const hasTypes = rows.some(([, type]) => type !== null);
  const head = hasTypes
    ? `| ${heading} | Type | Meaning |\n| --- | --- | --- |`
    : `| ${heading} | Meaning |\n| --- | --- |`;
  return [head, ...lines].join("\n");
}

function withDefault({ name, type, description, defaultValue }: GraphQLArgument | GraphQLInputField): Row {
  const value = astFromValue(defaultValue, type);
  return [name, type, value ? `${description} Default: \`${print(value)}\`.` : description];
}

const operationOf =
  (root: string) =>
  (field: GraphQLField<unknown, unknown>): string[] => [
    `### ${root}.${field.name}`,
    text(field.description),
    table("Argument", field.args.map(withDefault)),
    `Returns ${linkTo(field.type)}.`,
  ];

function details(type: GraphQLNamedType): string[] {
  if (isEnumType(type))
    return [
      table(
        "Value",
        type.getValues().map((value) => [value.name, null, value.description]),
      ),
    ];
  if (isInputObjectType(type)) return [table("Field", Object.values(type.getFields()).map(withDefault))];
  if (isUnionType(type)) return [`One of ${type.getTypes().map(linkTo).join(", ")}.`];
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  const fields = Object.values(type.getFields());
  return [
    table(
      "Field",
      fields.map((field) => [field.name, field.type, field.description]),
    ),
    ...fields
      .filter(({ args }) => args.length > 0)
      .flatMap((field) => [`\`${field.name}\` takes:`, table("Argument", field.args.map(withDefault))]),
  ];
}

/** The reference of a schema, given in SDL, as Markdown: its queries, its mutations, and a section for each type. */
export function schemaReference(sdl: string): string {
  const schema = buildSchema(sdl);
  const [query, mutation] = [schema.getQueryType(), schema.getMutationType()];
  const types = Object.values(schema.getTypeMap()).filter(
    (type) =>
      type !== query && type !== mutation && !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
  const kinds: readonly [heading: string, is: (type: GraphQLNamedType) => boolean][] = [
    ["Objects", isObjectType],
    ["Interfaces and unions", (type) => isInterfaceType(type) || isUnionType(type)],
    ["Inputs", isInputObjectType],
    ["Enums", isEnumType],
    ["Scalars", isScalarType],
  ];
  return [
    "## Queries",
    ...Object.values(query?.getFields() ?? {}).flatMap(operationOf("Query")),
    "## Mutations",
    ...Object.values(mutation?.getFields() ?? {}).flatMap(operationOf("Mutation")),
    ...kinds.flatMap(([heading, is]) => [
      `## ${heading}`,
      ...types.filter(is).flatMap((type) => [`### ${type.name}`, text(type.description), ...details(type)]),
    ]),
  ].join("\n\n");
}
