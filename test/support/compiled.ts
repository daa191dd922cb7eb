/** A set-up file: compiles every operation, at its first request instead of its second. */
import type { GraphQLRequestContextDidResolveOperation } from "@apollo/server";
import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  parse,
  specifiedRules,
  validate,
} from "graphql";
import type { Context } from "../../src/graphql/context.ts";
import { COMPILING, KnownOperations } from "../../src/graphql/execution/known-operations.ts";
import { limitShape, MAX_TOKENS } from "../../src/graphql/limits/limits.ts";

Object.assign(COMPILING, { share: 1, callersShare: 1 });
const { answer } = KnownOperations.prototype;

KnownOperations.prototype.answer = async function (request, accept, contextValue) {
  const { query: source = "", operationName } = request;
  const document = validDocument(source, this.schema);
  const operation = document && getOperationAST(document, operationName);
  this.learn({
    request,
    document,
    operation,
    source,
  } as GraphQLRequestContextDidResolveOperation<Context>);
  return answer.call(this, request, accept, contextValue);
};

/** A document without positions, as Apollo Server finds it at a second request; null if it is not valid. */
function validDocument(source: string, schema: GraphQLSchema): DocumentNode | null {
  try {
    const document = parse(source, { maxTokens: MAX_TOKENS, noLocation: true });
    return validate(schema, document, [...specifiedRules, limitShape]).length === 0 ? document : null;
  } catch {
    return null;
  }
}
