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

type Row = readonly [name: string, type: GraphQLType | null, meaning: string];

/** A description, with a remark and the reason for a deprecation. */
const meaningOf = (
  { description, deprecationReason }: { description?: string | null; deprecationReason?: string | null },
  remark = "",
): string =>
  [description, remark, deprecationReason && `**Deprecated.** ${deprecationReason}`]
    .filter(Boolean)
    .join(" ");

const inCell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");

/** The notation of a type, with a link to its section unless GraphQL itself defines it. */
function linkTo(type: GraphQLType): string {
  const named = getNamedType(type);
  const notation = `\`${type}\``;
  return isSpecifiedScalarType(named) ? notation : `[${notation}](#${named.name.toLowerCase()})`;
}

function table(heading: string, rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const lines = rows.map(([name, type, meaning]) =>
    type === null
      ? `| \`${name}\` | ${inCell(meaning)} |`
      : `| \`${name}\` | ${linkTo(type)} | ${inCell(meaning)} |`,
  );
  const hasTypes = rows.some(([, type]) => type !== null);
  const head = hasTypes
    ? `| ${heading} | Type | Meaning |\n| --- | --- | --- |`
    : `| ${heading} | Meaning |\n| --- | --- |`;
  return [head, ...lines].join("\n");
}

function inputRow(input: GraphQLArgument | GraphQLInputField): Row {
  const value = astFromValue(input.defaultValue, input.type);
  return [input.name, input.type, meaningOf(input, value ? `Default: \`${print(value)}\`.` : "")];
}

const operationOf =
  (root: string) =>
  (field: GraphQLField<unknown, unknown>): string[] => [
    `### ${root}.${field.name}`,
    meaningOf(field),
    table("Argument", field.args.map(inputRow)),
    `Returns ${linkTo(field.type)}.`,
  ];

function details(type: GraphQLNamedType): string[] {
  if (isEnumType(type))
    return [
      table(
        "Value",
        type.getValues().map((value) => [value.name, null, meaningOf(value)]),
      ),
    ];
  if (isInputObjectType(type)) return [table("Field", Object.values(type.getFields()).map(inputRow))];
  if (isUnionType(type)) return [`One of ${type.getTypes().map(linkTo).join(", ")}.`];
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  const fields = Object.values(type.getFields());
  const interfaces = type.getInterfaces().map(linkTo);
  return [
    interfaces.length > 0 ? `Implements ${interfaces.join(", ")}.` : "",
    table(
      "Field",
      fields.map((field) => [field.name, field.type, meaningOf(field)]),
    ),
    ...fields
      .filter(({ args }) => args.length > 0)
      .flatMap((field) => [`\`${field.name}\` takes:`, table("Argument", field.args.map(inputRow))]),
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
      ...types.filter(is).flatMap((type) => [`### ${type.name}`, type.description ?? "", ...details(type)]),
    ]),
  ].join("\n\n");
}
