/** The longest text to read, in bytes: a page of metrics or a discovery document. */
const MAX_LENGTH = 256 * 1024;

/**
 * Reads the text at a URL, up to 256 KB.
 *
 * @param timeout in milliseconds
 * @throws {Error} without an answer of status 200 within the timeout
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
