import type { GraphQLError } from "graphql";

/** What GraphQL says before the rule that a variable breaks: its value, and where in it the fault is. */
const VARIABLE = /^(Variable "\$\w+" got invalid value) [\s\S]*?( at "[^"\\]*")?$/;

/**
 * How GraphQL's own messages repeat a value, and what is left of them. What stands before it is GraphQL's or the schema's,
 * so that no value can look like the end of another message.
 */
const WITHHELD: readonly (readonly [RegExp, string])[] = [
  [/^((?:Enum "\w+"|\w+) cannot represent [\w -]*value): [\s\S]*$/, "$1"],
  [/^Value [\s\S]*( does not exist in "\w+" enum\.)/, "The value$1"],
  [/^(Expected value of type "[^"]*"), found (?!null\.$)[\s\S]*$/, "$1"],
  [/^(Argument "\w+" has invalid value) [\s\S]*$/, "$1"],
  // A name that is misspelt is said; what cannot be a name is something else in its place.
  [/^Field "(?!\w+" is )[\s\S]*( is not defined by type "\w+"\.)[^.]*$/, "A field$1"],
  [/^(Syntax Error: .*?(?:String|Int|Float)) "[\s\S]*$/, "$1."],
];

/** Takes the value out of a message of GraphQL's about it: in the wrong place, connection data may be as short as any other. */
export function withholdValue(error: GraphQLError): void {
  const rule = error.originalError?.message;
  const begin = rule === undefined ? "" : error.message.slice(0, -`; ${rule}`.length);
  // By its length, and not by how it looks, for the value may look the same.
  error.message = VARIABLE.test(begin)
    ? `${begin.replace(VARIABLE, "$1$2")}; ${withoutValue(rule ?? "")}`
    : withoutValue(error.message);
}

function withoutValue(message: string): string {
  return WITHHELD.reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), message);
}
