import {
  type ASTVisitor,
  BREAK,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";

/**
 * Whether graphql-jit executes an operation of a valid document as graphql-js does. It differs in directives on fragments that are
 * used twice, and in variables that are absent inside another value. A default and a nullable variable could be null where the
 * argument may not: graphql-js words that error.
 *
 * graphql-jit writes literals into code, and reads some strings as code. So no text of a caller gets there, only names, numbers and
 * values of the schema's own enums.
 */
export function isCompilable(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): boolean {
  if (operation.operation === OperationTypeNode.SUBSCRIPTION) return false;
  const nullable = new Set<string>();
  let isKnown = true;
  const refuse = () => {
    isKnown = false;
    return BREAK;
  };
  const info = new TypeInfo(schema);
  const rules: ASTVisitor = {
    Directive: refuse,
    // A property of this name would be the prototype of an answer, or of the variables.
    Name: ({ value }) => (value === "__proto__" ? refuse() : undefined),
    Field({ name, alias }) {
      // graphql-jit joins the names of a path by this character, so two paths would be one.
      const isAmbiguous = alias?.value.includes("_");
      const introspects = name.value === "__schema" || name.value === "__type";
      return isAmbiguous || introspects || mayFailForParent(info.getFieldDef()) ? refuse() : undefined;
    },
    StringValue: refuse,
    // A scalar such as `_Any` may also contain an object or any name.
    ObjectValue: () => (isInputObjectType(getNamedType(info.getInputType())) ? undefined : refuse()),
    EnumValue: () => (isEnumType(getNamedType(info.getInputType())) ? undefined : refuse()),
    VariableDefinition({ variable, type, defaultValue }) {
      if (defaultValue) return refuse();
      if (type.kind !== Kind.NON_NULL_TYPE) nullable.add(variable.name.value);
      // Its variable is no use of it.
      return false;
    },
    Variable({ name }, _key, parent) {
      const isArgument = parent !== undefined && "kind" in parent && parent.kind === Kind.ARGUMENT;
      const mayBeNull = isNonNullType(info.getInputType()) && nullable.has(name.value);
      return isArgument && !mayBeNull ? undefined : refuse();
    },
  };
  visit(within(document, operation), visitWithTypeInfo(info, rules));
  return isKnown;
}

/**
 * Whether a field may fail and may not be null. graphql-js then reports one error of several, and runs no further fields of a
 * mutation. A leaf is computed from its parent.
 */
function mayFailForParent(field: ReturnType<TypeInfo["getFieldDef"]>): boolean {
  return Boolean(field?.resolve && isNonNullType(field.type) && isCompositeType(getNamedType(field.type)));
}

/** The fields of an operation. Those of a fragment count at each use, because compiled code repeats them. */
export function countFields(document: DocumentNode, { selectionSet }: OperationDefinitionNode): number {
  const counts = new Map<string, number>();
  const countOf = (node: { readonly selectionSet?: SelectionSetNode | undefined } | undefined): number => {
    let count = 0;
    for (const selection of node?.selectionSet?.selections ?? []) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) count += countOfFragment(selection.name.value);
      else count += Number(selection.kind === Kind.FIELD) + countOf(selection);
    }
    return count;
  };
  const countOfFragment = (name: string): number => {
    const known = counts.get(name);
    if (known !== undefined) return known;
    const count = countOf(
      document.definitions.find(
        (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name,
      ) as FragmentDefinitionNode | undefined,
    );
    counts.set(name, count);
    return count;
  };
  return countOf({ selectionSet });
}

/** The operation and the fragments of its document, which it may use. */
export function within(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  return { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] };
}
