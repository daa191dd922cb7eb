import { OperationTypeNode } from "graphql";
import type { MiddlewareFn } from "type-graphql";
import { MutationRequired } from "../../errors.ts";

/** Refuses a field that issues a credential in an operation that only reads, which clients may repeat or cache. */
export const onlyInMutation: MiddlewareFn = ({ info }, next) => {
  if (info.operation.operation === OperationTypeNode.MUTATION) return next();
  throw new MutationRequired(`${info.parentType.name}.${info.fieldName}`);
};
