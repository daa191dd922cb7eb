import {
  GraphQLError,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from "graphql";

/** The most lexical tokens of a document. */
export const MAX_TOKENS = 1000;
/** The most root fields of an operation. Fields in a fragment count each time it is used. */
export const MAX_ROOT_FIELDS = 10;
/** The most aliases of an operation. Aliases in a fragment count each time it is used. */
export const MAX_ALIASES = 15;
/** The longest alias, in characters. The answer repeats it with each value. */
export const MAX_ALIAS_LENGTH = 50;
/** The most uses of one field in a selection. To compare each pair takes as long as the rest of the execution. */
export const MAX_REPEATS = 20;
/** The most levels of fields in an operation. Introspection is always deep and has GraphQL's own limit instead. */
export const MAX_DEPTH = 10;
/** The most introspection fields of an operation. They may not contain aliases, which would multiply the answer. */
export const MAX_INTROSPECTIONS = 1;

interface Size {
  rootFields: number;
  introspections: number;
  aliases: number;
  aliasLength: number;
  introspectionAliases: number;
  repeats: number;
  depth: number;
}

const NOTHING: Readonly<Size> = {
  rootFields: 0,
  introspections: 0,
  aliases: 0,
  aliasLength: 0,
  introspectionAliases: 0,
  repeats: 0,
  depth: 0,
};

/** The limits, with their names in messages. */
const LIMITS: readonly [keyof Size, max: number, of: string][] = [
  ["rootFields", MAX_ROOT_FIELDS, "root fields"],
  ["introspections", MAX_INTROSPECTIONS, "introspection fields"],
  ["aliases", MAX_ALIASES, "aliases"],
  ["aliasLength", MAX_ALIAS_LENGTH, "characters in an alias"],
  ["introspectionAliases", 0, "aliases inside __schema or __type"],
  ["repeats", MAX_REPEATS, "uses of one field in a selection"],
  ["depth", MAX_DEPTH, "levels of fields"],
];

/** Refuses documents with too many or too deep fields before execution. */
export const limitShape: ValidationRule = (context) => ({
  Document({ definitions }) {
    let isRefused = false;
    for (const operation of definitions) {
      if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
      const size = sizeOf(operation.selectionSet, context);
      for (const [what, max, of] of LIMITS) {
        if (size[what] <= max) continue;
        isRefused = true;
        const message = `The operation has ${size[what]} ${of}; at most ${max} are allowed`;
        context.reportError(new GraphQLError(message, { nodes: operation }));
      }
    }
    // Hides the document from the other rules: to compare the fields of a large one takes 20 ms.
    if (isRefused) (definitions as unknown[]).length = 0;
  },
});

/** Measures each fragment once, because nested fragments can multiply fields without a limit. */
function sizeOf(selectionSet: SelectionSetNode, context: ValidationContext): Size {
  const measured = new Map<string, Readonly<Size>>();

  const sizeOfFragment = (name: string): Readonly<Size> => {
    const known = measured.get(name);
    if (known) return known;
    // A cycle counts as nothing here; another rule refuses it.
    measured.set(name, NOTHING);
    const fragment = context.getFragment(name);
    const size = fragment ? sum(fragment.selectionSet) : NOTHING;
    measured.set(name, size);
    return size;
  };

  const sum = ({ selections }: SelectionSetNode): Size => {
    const size = { ...NOTHING };
    const mentions = new Map<string, number>();
    for (const selection of selections) {
      const inner = sizeOfSelection(selection);
      size.rootFields += inner.rootFields;
      size.introspections += inner.introspections;
      size.aliases += inner.aliases;
      size.introspectionAliases += inner.introspectionAliases;
      size.aliasLength = Math.max(size.aliasLength, inner.aliasLength);
      size.depth = Math.max(size.depth, inner.depth);
      if (selection.kind === Kind.FIELD) {
        const { value } = selection.alias ?? selection.name;
        const mentioned = (mentions.get(value) ?? 0) + 1;
        mentions.set(value, mentioned);
        size.repeats = Math.max(size.repeats, mentioned);
      }
      size.repeats = Math.max(size.repeats, inner.repeats);
    }
    return size;
  };

  const sizeOfSelection = (selection: SelectionNode): Readonly<Size> => {
    if (selection.kind === Kind.INLINE_FRAGMENT) return sum(selection.selectionSet);
    if (selection.kind === Kind.FRAGMENT_SPREAD) return sizeOfFragment(selection.name.value);
    const { name, alias, selectionSet } = selection;
    const inner = selectionSet ? sum(selectionSet) : NOTHING;
    const introspects = name.value === "__schema" || name.value === "__type";
    return {
      rootFields: 1,
      introspections: Number(introspects),
      aliases: inner.aliases + Number(alias !== undefined),
      aliasLength: Math.max(inner.aliasLength, alias?.value.length ?? 0),
      introspectionAliases: introspects ? inner.aliases : inner.introspectionAliases,
      repeats: inner.repeats,
      depth: 1 + (introspects ? 0 : inner.depth),
    };
  };

  return sum(selectionSet);
}
