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
/** The most root fields of an operation, counted as often as its fragments bring them in. */
export const MAX_ROOT_FIELDS = 10;
/** The most aliases of an operation, counted as often as its fragments bring them in. */
export const MAX_ALIASES = 15;
/** The longest alias, in characters. It is repeated with each value that it names. */
export const MAX_ALIAS_LENGTH = 50;
/** How often one selection may name the same field. To compare each pair of them takes as long as to execute the rest. */
export const MAX_REPEATS = 20;
/** The most fields within fields of an operation. Introspection has GraphQL's own limit instead: it is always deep. */
export const MAX_DEPTH = 10;
/** The most root fields of an operation that ask for the schema. They have no aliases inside, which would multiply the answer. */
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

/** What is limited, in the words of the refusal. */
const LIMITS: readonly [keyof Size, max: number, of: string][] = [
  ["rootFields", MAX_ROOT_FIELDS, "root fields"],
  ["introspections", MAX_INTROSPECTIONS, "fields that ask for the schema"],
  ["aliases", MAX_ALIASES, "aliases"],
  ["aliasLength", MAX_ALIAS_LENGTH, "characters in an alias"],
  ["introspectionAliases", 0, "aliases inside __schema or __type"],
  ["repeats", MAX_REPEATS, "mentions of a field in one selection"],
  ["depth", MAX_DEPTH, "levels of fields"],
];

/** Refuses operations that are too large in shape, before anything of them runs. */
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
    // The other rules look at no more of it: to compare the fields of a document that is too large takes twenty milliseconds.
    if (isRefused) (definitions as unknown[]).length = 0;
  },
});

/** Each fragment is measured once, however often it is used: nested fragments can stand for any number of fields. */
function sizeOf(selectionSet: SelectionSetNode, context: ValidationContext): Size {
  const measured = new Map<string, Readonly<Size>>();

  const sizeOfFragment = (name: string): Readonly<Size> => {
    const known = measured.get(name);
    if (known) return known;
    // What a cycle comes back to counts nothing; another rule refuses it.
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
