import { OperationTypeNode } from "graphql";
import type { MiddlewareFn } from "type-graphql";
import { MutationRequired } from "../../errors.ts";

/** Refuses a field that issues a token in a query, because clients repeat and cache queries. */
export const onlyInMutation: MiddlewareFn = ({ info }, next) => {
  if (info.operation.operation === OperationTypeNode.MUTATION) return next();
  throw new MutationRequired(`${info.parentType.name}.${info.fieldName}`);
};
