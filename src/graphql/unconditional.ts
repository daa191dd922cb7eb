import {
  type ASTVisitor,
  type FieldNode,
  type FragmentSpreadNode,
  GraphQLError,
  type InlineFragmentNode,
  type ValidationContext,
} from "graphql";

/**
 * A validation rule against conditions at the root of a subscription. GraphQL forbids them since 2025; graphql-js 16 fails when they
 * leave no field.
 */
export function unconditional(context: ValidationContext): ASTVisitor {
  const root = context.getSchema().getSubscriptionType();
  const check = (node: FieldNode | FragmentSpreadNode | InlineFragmentNode) => {
    if (context.getParentType() !== root) return;
    const condition = node.directives?.find(({ name }) => name.value === "skip" || name.value === "include");
    if (condition)
      context.reportError(
        new GraphQLError(`A subscription must not have @${condition.name.value} at its root`, {
          nodes: condition,
        }),
      );
  };
  return { Field: check, FragmentSpread: check, InlineFragment: check };
}
