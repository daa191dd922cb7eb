/** The characters of an ID to show at each end. */
const ENDS = 8;

/** An ID without its middle, because IDs of one time begin alike. */
export function shortened(id: string): string {
  return id.length > 2 * ENDS + 1 ? `${id.slice(0, ENDS)}…${id.slice(-ENDS)}` : id;
}

export function ShortId({ id }: { id: string }) {
  return <code title={id}>{shortened(id)}</code>;
}
