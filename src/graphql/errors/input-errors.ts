import { type ASTNode, type DocumentNode, type GraphQLError, Kind, visit } from "graphql";
import { type Advice, adviceOn } from "../../errors.ts";

/** Additions to GraphQL's messages about an argument. */
const HINTS: Readonly<Record<string, Advice>> = {
  expireTime: [
    [
      /cannot represent non 32-bit/,
      "expireTime is in whole seconds since the Unix epoch, not in milliseconds: divide by 1000 and round down",
    ],
    [
      /cannot represent non-integer/,
      "expireTime is a number of whole seconds since the Unix epoch, not a date, not text in quotes, not a fraction",
    ],
  ],
  expiresIn: [
    [/cannot represent non 32-bit/, "expiresIn is in whole seconds, at most 2592000, which is 30 days"],
    [
      /cannot represent non-integer/,
      "expiresIn is a number of whole seconds, such as 3600, not text in quotes, not a fraction",
    ],
  ],
  data: [[/cannot represent a non string/, "data is text: send JSON.stringify(…) of anything else"]],
};

/**
 * Gives GraphQL's own errors about an argument's value the form of ours: `extensions.argument` names it.
 * Leaves alone those that are about something else. One pass, however many errors there are.
 */
export function nameArguments(errors: readonly GraphQLError[], document: DocumentNode): void {
  const open = new Map<ASTNode, GraphQLError[]>();
  for (const error of errors) {
    const culprit = culpritOf(error);
    // An error about a field is about no argument of it.
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

/** Where a variable does not fit its place, GraphQL names its definition first; the place is what is wrong. */
function culpritOf({ nodes: [first, second] = [] }: GraphQLError): ASTNode | undefined {
  return first?.kind === Kind.VARIABLE_DEFINITION && second ? second : first;
}

/**
 * The definition, among those in `open`, of the variable that is used here: a value that a variable was given is
 * wrong where it is defined, and names an argument where it is used. Fragments see those of every operation.
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

/** @param field the field inside the argument, where the document has it */
function nameArgument(error: GraphQLError, argument: string, field = argument): void {
  error.extensions.argument = argument;
  error.extensions.code ??= "BAD_USER_INPUT";
  // One of many requests is an argument's inside.
  const isAbout = ([name]: [string, unknown]) =>
    name === field || new RegExp(` at "[^"]*\\.${name}"`).test(error.message);
  const hint = adviceOn(error.message, Object.entries(HINTS).find(isAbout)?.[1] ?? []);
  if (hint) error.message += `; ${hint}`;
}

/** An ancestor may also be a list of nodes. */
const isOfKind =
  <K extends ASTNode["kind"]>(kind: K) =>
  (ancestor: ASTNode | readonly ASTNode[] | undefined): ancestor is Extract<ASTNode, { kind: K }> =>
    ancestor !== undefined && "kind" in ancestor && ancestor.kind === kind;
