import {
  GraphQLError,
  Kind,
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
/** The most fields within fields of an operation. Introspection has GraphQL's own limit instead: it is always deep. */
export const MAX_DEPTH = 10;

interface Size {
  readonly rootFields: number;
  readonly aliases: number;
  readonly depth: number;
}

const NOTHING: Size = { rootFields: 0, aliases: 0, depth: 0 };

/** Refuses operations that are too large in shape, before anything of them runs. */
export const limitShape: ValidationRule = (context) => ({
  OperationDefinition(operation) {
    const { rootFields, aliases, depth } = sizeOf(operation.selectionSet, context);
    const check = (size: number, max: number, what: string) => {
      if (size <= max) return;
      context.reportError(
        new GraphQLError(`The operation has ${what}; at most ${max} are allowed`, { nodes: operation }),
      );
    };
    check(rootFields, MAX_ROOT_FIELDS, `${rootFields} root fields`);
    check(aliases, MAX_ALIASES, `${aliases} aliases`);
    check(depth, MAX_DEPTH, `${depth} levels of fields`);
  },
});

/** Each fragment is measured once, however often it is used: nested fragments can stand for any number of fields. */
function sizeOf(selectionSet: SelectionSetNode, context: ValidationContext): Size {
  const measured = new Map<string, Size>();

  const sizeOfFragment = (name: string): Size => {
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
    let { rootFields, aliases, depth } = NOTHING;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const inner = selection.selectionSet ? sum(selection.selectionSet) : NOTHING;
        const introspects = selection.name.value === "__schema" || selection.name.value === "__type";
        rootFields += 1;
        aliases += inner.aliases + (selection.alias ? 1 : 0);
        depth = Math.max(depth, 1 + (introspects ? 0 : inner.depth));
      } else {
        const inner =
          selection.kind === Kind.INLINE_FRAGMENT
            ? sum(selection.selectionSet)
            : sizeOfFragment(selection.name.value);
        rootFields += inner.rootFields;
        aliases += inner.aliases;
        depth = Math.max(depth, inner.depth);
      }
    }
    return { rootFields, aliases, depth };
  };

  return sum(selectionSet);
}
