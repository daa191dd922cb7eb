import { type ArgumentNode, type ASTNode, type DocumentNode, type GraphQLError, Kind, visit } from "graphql";

/** What a person who meets GraphQL's own words about an argument also needs to know. */
const HINTS: Record<string, string> = {
  expireTime: "expireTime is in whole seconds since the Unix epoch, not in milliseconds",
};

/**
 * Gives GraphQL's own errors about an argument's value the form of ours: `extensions.argument` names it.
 * Leaves alone those that are about something else. One pass, however many errors there are.
 */
export function nameArguments(errors: readonly GraphQLError[], document: DocumentNode): void {
  const open = new Map<ASTNode | string, GraphQLError[]>();
  for (const error of errors) {
    const culprit = error.nodes?.[0];
    // An error about a field is about no argument of it.
    if (!culprit || culprit.kind === Kind.FIELD) continue;
    const key = keyOf(culprit);
    open.set(key, [...(open.get(key) ?? []), error]);
  }
  if (open.size === 0) return;

  visit(document, {
    enter(node, _key, parent, _path, ancestors) {
      const key = keyOf(node);
      const found = open.get(key);
      const argument = found && [...ancestors, parent, node].findLast(isArgument)?.name.value;
      if (!argument) return;
      for (const error of found) nameArgument(error, argument);
      open.delete(key);
    },
  });
}

/** A node itself, or its name for a variable, which is wrong where it is defined and names an argument where it is used. */
function keyOf(node: ASTNode): ASTNode | string {
  if (node.kind === Kind.VARIABLE_DEFINITION) return node.variable.name.value;
  return node.kind === Kind.VARIABLE ? node.name.value : node;
}

function nameArgument(error: GraphQLError, argument: string): void {
  error.extensions.argument = argument;
  error.extensions.code ??= "BAD_USER_INPUT";
  const hint = HINTS[argument];
  if (hint) error.message += `; ${hint}`;
}

/** An ancestor may also be a list of nodes. */
function isArgument(ancestor: ASTNode | readonly ASTNode[] | undefined): ancestor is ArgumentNode {
  return ancestor !== undefined && "kind" in ancestor && ancestor.kind === Kind.ARGUMENT;
}
