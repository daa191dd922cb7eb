/** The name in the schema, such as `PUBLISHER_ONLY`, of one of the platform's values. */
export function enumName(names: Readonly<Record<string, string>>, value: string): string | undefined {
  return Object.keys(names).find((name) => names[name] === value);
}
