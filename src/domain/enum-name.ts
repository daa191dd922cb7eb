/** The name in the contract, such as `PUBLISHER_ONLY`, of a value that the platform has a name of its own for. */
export function enumName(names: Readonly<Record<string, string>>, value: string): string | undefined {
  return Object.keys(names).find((name) => names[name] === value);
}
