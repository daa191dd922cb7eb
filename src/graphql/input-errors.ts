import {
  type ArgumentNode,
  type ASTNode,
  BREAK,
  type DocumentNode,
  type GraphQLError,
  Kind,
  visit,
} from "graphql";

/** What a person who meets GraphQL's own words about an argument also needs to know. */
const HINTS: Record<string, string> = {
  expireTime: "expireTime is in whole seconds since the Unix epoch, not in milliseconds",
};

/**
 * Gives GraphQL's own errors about an argument's value the form of ours: `extensions.argument` names it.
 * Changes nothing when the error is about something else.
 *
 * @returns whether the error is about an argument
 */
export function nameArgument(error: GraphQLError, document: DocumentNode | undefined): boolean {
  const culprit = error.nodes?.[0];
  const argument = culprit && document && argumentHolding(culprit, document);
  if (!argument) return false;
  error.extensions.argument = argument;
  error.extensions.code ??= "BAD_USER_INPUT";
  const hint = HINTS[argument];
  if (hint) error.message += `; ${hint}`;
  return true;
}

/** The name of the argument that the node is, or is a part of, or whose value the defined variable is. */
function argumentHolding(culprit: ASTNode, document: DocumentNode): string | undefined {
  let argument: string | undefined;
  visit(document, {
    enter(node, _key, parent, _path, ancestors) {
      if (!isUseOf(culprit, node)) return undefined;
      const holder = [...ancestors, parent, node].findLast(isArgument);
      argument = holder?.name.value;
      return holder && BREAK;
    },
  });
  return argument;
}

/** An ancestor may also be a list of nodes. */
function isArgument(ancestor: ASTNode | readonly ASTNode[] | undefined): ancestor is ArgumentNode {
  return ancestor !== undefined && "kind" in ancestor && ancestor.kind === Kind.ARGUMENT;
}

function isUseOf(culprit: ASTNode, node: ASTNode): boolean {
  if (culprit.kind !== Kind.VARIABLE_DEFINITION) return node === culprit;
  return node.kind === Kind.VARIABLE && node.name.value === culprit.variable.name.value;
}
