import { setTimeout as sleep } from "node:timers/promises";
import { PlatformUnavailable, ProxyFailed } from "../errors.ts";

/** The largest answer that is read, in bytes. A session is some 500. */
const MAX_ANSWER = 64 * 1024;

/** How long a host that refuses connections is given before the second attempt, in milliseconds. */
const PAUSE = 100;

type Fetch = typeof globalThis.fetch;

/** What the platform answered, whatever it was. */
export interface RestAnswer {
  readonly status: number;
  /** The platform's clock, as its `Date` header has it. */
  readonly date: string | null;
  /** The `Retry-After` header. */
  readonly retryAfter: string | null;
  readonly body: string;
}

/**
 * Posts a form, and resolves to the whole answer. The request is repeated, once, only when it surely did not arrive:
 * one that was cut off may have created a session.
 *
 * @param timeout the deadline of it all, in milliseconds
 * @param fetch makes the request
 * @throws {PlatformUnavailable} when there is no whole answer of at most 64 KB by then
 */
export async function post(
  url: string,
  headers: Record<string, string>,
  form: URLSearchParams,
  timeout: number,
  fetch: Fetch,
): Promise<RestAnswer> {
  const signal = AbortSignal.timeout(timeout);
  const attempt = () =>
    exchange(fetch, url, { method: "POST", headers, body: form, redirect: "manual", signal });
  try {
    return await attempt().catch(async (error) => {
      if (!neverArrived(error)) throw error;
      await sleep(PAUSE, undefined, { signal }).catch(() => Promise.reject(error));
      return attempt();
    });
  } catch (error) {
    if (error instanceof PlatformUnavailable) throw error;
    if (error instanceof ProxyFailed) {
      throw new PlatformUnavailable(`The platform cannot be reached: ${error.message}`, error.retryable);
    }
    const code = codeOf(error);
    if (code === undefined && signal.aborted) {
      throw new PlatformUnavailable(`The platform did not answer within ${timeout} ms`, true);
    }
    throw new PlatformUnavailable(
      `The platform cannot be reached: ${code ?? "the connection broke off"}`,
      true,
    );
  }
}

/**
 * Sends one request, once, and resolves to the whole answer.
 *
 * @throws {ProxyFailed} when the proxy of `fetch` does not pass it on
 * @throws {PlatformUnavailable} when that is longer than 64 KB
 * @throws {Error} of `fetch`, when there is none
 */
export async function exchange(fetch: Fetch, url: string, init: RequestInit): Promise<RestAnswer> {
  const response = await fetch(url, init);
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Whoever leaves this loop early cancels the body and closes the connection.
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER)
      throw new PlatformUnavailable("The platform's answer is too large to be a session", false);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks).toString("utf8");
  const { status, headers } = response;
  return { status, date: headers.get("date"), retryAfter: headers.get("retry-after"), body };
}

/** Nothing listens there, or the host has no address: no byte of the request was sent. */
function neverArrived(error: unknown): boolean {
  if (error instanceof ProxyFailed) return error.retryable;
  return ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"].includes(codeOf(error) ?? "");
}

/** The system's code for what went wrong. `fetch` hides it in the cause. */
export function codeOf(error: unknown): string | undefined {
  const { cause } = error as { cause?: { code?: unknown } };
  return typeof cause?.code === "string" ? cause.code : undefined;
}
