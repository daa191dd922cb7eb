import { type Advice, adviceOn, EXAMPLE_BODY } from "../../errors.ts";

/** Messages of Apollo Server and GraphQL that do not say what to do, with ours. */
const INSTEAD: Advice = [
  [
    /^This operation has been blocked as a potential Cross-Site Request Forgery/,
    "Send the operation by POST with content-type: application/json; a GET needs the header apollo-require-preflight: 1, which a page of another site cannot send",
  ],
  [/^POST body missing/, `The body must be an object with the document in query, such as ${EXAMPLE_BODY}`],
  [
    /^GraphQL operations must contain a non-empty `query`/,
    `query is missing or empty; it is the document, as in ${EXAMPLE_BODY}`,
  ],
  [
    /^GraphQL queries must be strings\. It looks/,
    "query is a parsed document; send its text, by print() of graphql",
  ],
  [/^GraphQL queries must be strings/, `query must be text: the document, as in ${EXAMPLE_BODY}`],
  [
    /^`variables` in a POST body should be provided as an object/,
    "variables is text and must be an object; do not stringify it separately",
  ],
  [
    /^`variables` in a POST body must be an object/,
    'variables must be an object, such as {"sessionId":"1_MX4…"}; leave it out if there are none',
  ],
  [/^`extensions` in a POST body/, "extensions must be an object; leave it out if there are none"],
  [
    /^`operationName` in a POST body must be a string/,
    "operationName must be text: the name of one operation of the document; leave it out if the document has only one",
  ],
  [/^Operation batching disabled/, "The body is a list; send one object with one operation in each request"],
  [
    /^Schema is not configured to execute subscription operation/,
    "This server has no subscriptions; send a query or a mutation",
  ],
  [
    /^Must provide operation name/,
    "The document has several operations; send the name of one of them as operationName",
  ],
];

/** Additions to messages that quote the input. */
const BESIDE: Advice = [
  [/^Unknown operation named/, " operationName must be the name of an operation of the document"],
  [/^Syntax Error: Unexpected character: U\+201/, ' Put text in straight quotes: "'],
];

/** A message of somebody else's that says what to do. */
export function inPlainWords(message: string): string {
  return adviceOn(message, INSTEAD) ?? `${message}${adviceOn(message, BESIDE) ?? ""}`;
}
