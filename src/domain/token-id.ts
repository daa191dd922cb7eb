/**
 * An ID for a token: a UUID of version 7, which begins with the time in milliseconds. So the ledger's index of IDs grows at its
 * end, and a commit writes few pages. Source: RFC 9562, section 5.7.
 *
 * @param random a UUID of version 4
 */
export function newTokenId(now: Date, random: string): string {
  const time = now.getTime().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}
