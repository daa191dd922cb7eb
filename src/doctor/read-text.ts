/** The longest text that is looked at, in bytes: a page of metrics, or what an identity provider says of itself. */
const MAX_LENGTH = 256 * 1024;

/**
 * What is at a URL, cut off at 256 KB.
 *
 * @param timeout in milliseconds
 * @param fetch asks for it
 * @throws {Error} when there is no answer with status 200 by then
 */
export async function readText(url: string, timeout: number, fetch = globalThis.fetch): Promise<string> {
  const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(timeout) });
  if (response.status !== 200) throw new Error(`it answered with status ${response.status}`);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MAX_LENGTH) break;
  }
  return Buffer.concat(chunks).toString("utf8", 0, MAX_LENGTH);
}
