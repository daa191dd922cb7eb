import type { GraphQLError } from "graphql";

/** GraphQL's message before the rule that a variable breaks: the value, and the path inside it. */
const VARIABLE = /^(Variable "\$\w+" got invalid value) [\s\S]*?( at "[^"\\]*")?$/;

/**
 * The messages of GraphQL that repeat a value, and their replacements. The text before the value always comes from GraphQL or
 * the schema, so no value can imitate it.
 */
const WITHHELD: readonly (readonly [RegExp, string])[] = [
  [/^((?:Enum "\w+"|\w+) cannot represent [\w -]*value): [\s\S]*$/, "$1"],
  [
    /^(DateTime cannot represent) [\s\S]*$/,
    '$1 the value; an instant is a string, such as "2026-11-24T09:30:00Z"',
  ],
  [/^Value [\s\S]*( does not exist in "\w+" enum\.)/, "The value$1"],
  [/^(Expected value of type "[^"]*"), found (?!null\.$)[\s\S]*$/, "$1"],
  [/^(Argument "\w+" has invalid value) [\s\S]*$/, "$1"],
  // Keeps a misspelled name, but not a value that cannot be a name.
  [/^Field "(?!\w+" is )[\s\S]*( is not defined by type "\w+"\.)[^.]*$/, "A field$1"],
  [/^(Syntax Error: .*?(?:String|Int|Float)) "[\s\S]*$/, "$1."],
];

/** Removes the value from a GraphQL message, because it may be misplaced connection data of any length. */
export function withholdValue(error: GraphQLError): void {
  const rule = error.originalError?.message;
  const begin = rule === undefined ? "" : error.message.slice(0, -`; ${rule}`.length);
  // Cuts the rule by its length, because the value may contain the same text.
  error.message = VARIABLE.test(begin)
    ? `${begin.replace(VARIABLE, "$1$2")}; ${withoutValue(rule ?? "")}`
    : withoutValue(error.message);
}

function withoutValue(message: string): string {
  return WITHHELD.reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), message);
}
