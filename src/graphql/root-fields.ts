import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";

/** The root fields of an operation, including those in fragments. */
export function rootFieldsOf(document: DocumentNode, { selectionSet }: OperationDefinitionNode): FieldNode[] {
  return fieldsWithin(document, selectionSet);
}

/** The top-level fields of a selection, including those in fragments. */
export function fieldsWithin(document: DocumentNode, selectionSet: SelectionSetNode): FieldNode[] {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return [...rootFields(selectionSet, (name) => fragments.find((fragment) => fragment.name.value === name))];
}

/** The root fields of an operation, including those in fragments. Reads each fragment once, so a cycle ends. */
export function* rootFields(
  { selections }: SelectionSetNode,
  fragmentNamed: (name: string) => FragmentDefinitionNode | undefined,
  seen: Set<string> = new Set(),
): Generator<FieldNode> {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) yield selection;
    else if (selection.kind === Kind.INLINE_FRAGMENT) {
      yield* rootFields(selection.selectionSet, fragmentNamed, seen);
    } else if (!seen.has(selection.name.value)) {
      seen.add(selection.name.value);
      const fragment = fragmentNamed(selection.name.value);
      if (fragment) yield* rootFields(fragment.selectionSet, fragmentNamed, seen);
    }
  }
}
