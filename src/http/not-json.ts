import { type Advice, adviceOn, EXAMPLE_BODY } from "../errors.ts";

/** Patterns of bodies that are not JSON, with the probable mistake. */
const MISTAKES: Advice = [
  [
    /^\s*'/,
    `it begins with a single quote, which the Windows command line keeps. Write it as ${JSON.stringify(EXAMPLE_BODY)} there, or send a file with -d @body.json`,
  ],
  [/^[^"]*[\u201c-\u201f\u2018-\u201b\u00ab\u00bb]/, 'it has typographic quotes; write " instead'],
  [
    /^\s*(?:query|mutation|subscription|fragment)\b/,
    `a document goes into an object, such as ${EXAMPLE_BODY}`,
  ],
  [
    /^\s*\{\s*['\w]/,
    `names and strings need double quotes, which some shells remove; a document goes into an object, such as ${EXAMPLE_BODY}`,
  ],
];

/** The message for a body that is not JSON or has a forbidden name. It never repeats the body. */
export function notJson(body: string): string {
  const mistake = adviceOn(body, MISTAKES);
  if (mistake) return `The body is not JSON: ${mistake}`;
  if (isJson(body)) return 'The body must not have the names "__proto__" and "constructor"';
  return `The body is not JSON, or is cut off; send an object such as ${EXAMPLE_BODY}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
