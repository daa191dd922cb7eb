import { type ASTNode, type DocumentNode, type GraphQLError, Kind, visit } from "graphql";
import { type Advice, adviceOn } from "../../errors.ts";

/** Hints for GraphQL's messages about an argument. */
const HINTS: Readonly<Record<string, Advice>> = {
  expireTime: [
    [
      /cannot represent non 32-bit/,
      "expireTime is in whole seconds since the Unix epoch, not in milliseconds: divide by 1000 and round down",
    ],
    [
      /cannot represent non-integer/,
      "expireTime is an integer, in whole seconds since the Unix epoch; not a date, a string or a fraction",
    ],
  ],
  expiresIn: [
    [/cannot represent non 32-bit/, "expiresIn is in whole seconds, at most 2592000, which is 30 days"],
    [
      /cannot represent non-integer/,
      "expiresIn is an integer, in whole seconds, such as 3600; not a string or a fraction",
    ],
  ],
  data: [[/cannot represent a non string/, "data is a string: send JSON.stringify(…) of any other value"]],
};

/** Adds `extensions.argument` to GraphQL's errors about the value of an argument. Reads the document once for all errors. */
export function nameArguments(errors: readonly GraphQLError[], document: DocumentNode): void {
  const open = new Map<ASTNode, GraphQLError[]>();
  for (const error of errors) {
    const culprit = culpritOf(error);
    // An error about a field is not about an argument.
    if (!culprit || culprit.kind === Kind.FIELD) continue;
    open.set(culprit, [...(open.get(culprit) ?? []), error]);
  }
  if (open.size === 0) return;

  visit(document, {
    enter(node, _key, parent, _path, ancestors) {
      const key =
        node.kind === Kind.VARIABLE ? (definitionOf(node.name.value, ancestors, open) ?? node) : node;
      const found = open.get(key);
      if (!found) return;
      const around = [...ancestors, parent, node];
      const argument = around.findLast(isOfKind(Kind.ARGUMENT))?.name.value;
      if (!argument) return;
      const field = around.findLast(isOfKind(Kind.OBJECT_FIELD))?.name.value;
      for (const error of found) nameArgument(error, argument, field);
      open.delete(key);
    },
  });
}

/** The node that an error is about. If a variable does not fit its place, GraphQL lists its definition before the place. */
function culpritOf({ nodes: [first, second] = [] }: GraphQLError): ASTNode | undefined {
  return first?.kind === Kind.VARIABLE_DEFINITION && second ? second : first;
}

/**
 * The definition, in `open`, of a variable that is used here. GraphQL reports an invalid value at the variable's definition;
 * only its use names the argument. A fragment can use the variables of every operation.
 */
function definitionOf(
  name: string,
  ancestors: readonly (ASTNode | readonly ASTNode[])[],
  open: ReadonlyMap<ASTNode, unknown>,
): ASTNode | undefined {
  const operation = ancestors.find(
    (ancestor) => "kind" in ancestor && ancestor.kind === Kind.OPERATION_DEFINITION,
  );
  const visible = operation && "variableDefinitions" in operation ? operation.variableDefinitions : undefined;
  return [...open.keys()].find(
    (node) =>
      node.kind === Kind.VARIABLE_DEFINITION &&
      node.variable.name.value === name &&
      (visible?.includes(node) ?? !operation),
  );
}

/** @param field the input field inside the argument, if the document contains it */
function nameArgument(error: GraphQLError, argument: string, field = argument): void {
  error.extensions.argument = argument;
  error.extensions.code ??= "BAD_USER_INPUT";
  // A request of a batch is inside an argument.
  const isAbout = ([name]: [string, unknown]) =>
    name === field || new RegExp(` at "[^"]*\\.${name}"`).test(error.message);
  const hint = adviceOn(error.message, Object.entries(HINTS).find(isAbout)?.[1] ?? []);
  if (hint) error.message += `; ${hint}`;
}

/** A type guard for an ancestor, which may also be a list of nodes. */
const isOfKind =
  <K extends ASTNode["kind"]>(kind: K) =>
  (ancestor: ASTNode | readonly ASTNode[] | undefined): ancestor is Extract<ASTNode, { kind: K }> =>
    ancestor !== undefined && "kind" in ancestor && ancestor.kind === kind;
