import { type Advice, adviceOn, EXAMPLE_BODY } from "../../errors.ts";

/** Replacements for messages of Apollo Server and GraphQL that do not say what to do. */
const INSTEAD: Advice = [
  [
    /^This operation has been blocked as a potential Cross-Site Request Forgery/,
    "Send the operation by POST with content-type: application/json; a GET needs the header apollo-require-preflight: 1, which pages of other sites cannot send",
  ],
  [/^POST body missing/, `The body must be an object with the document in query, such as ${EXAMPLE_BODY}`],
  [
    /^GraphQL operations must contain a non-empty `query`/,
    `query is missing or empty; it must contain the document, such as ${EXAMPLE_BODY}`,
  ],
  [
    /^GraphQL queries must be strings\. It looks/,
    "query is a parsed document; send it as text, converted with print() of the graphql package",
  ],
  [/^GraphQL queries must be strings/, `query must be a string with the document, such as ${EXAMPLE_BODY}`],
  [
    /^`variables` in a POST body should be provided as an object/,
    "variables is a string and must be an object; do not stringify it separately",
  ],
  [
    /^`variables` in a POST body must be an object/,
    'variables must be an object, such as {"sessionId":"1_MX4…"}; leave it out if there are none',
  ],
  [/^`extensions` in a POST body/, "extensions must be an object; leave it out if there are none"],
  [
    /^`operationName` in a POST body must be a string/,
    "operationName must be a string, the name of an operation in the document; leave it out if there is only one",
  ],
  [/^Operation batching disabled/, "The body is a list; send one operation per request, as an object"],
  [
    /^Must provide operation name/,
    "The document has several operations; send the name of one as operationName",
  ],
];

/** Additions to messages that quote input. */
const BESIDE: Advice = [
  [/^Unknown operation named/, " operationName must be the name of an operation in the document"],
  [/^Syntax Error: Unexpected character: U\+201/, ' Put text in straight quotes: "'],
];

/** A library's message, completed with what to do. */
export function inPlainWords(message: string): string {
  return adviceOn(message, INSTEAD) ?? `${message}${adviceOn(message, BESIDE) ?? ""}`;
}
