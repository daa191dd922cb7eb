import { setTimeout as sleep } from "node:timers/promises";
import { PlatformUnavailable, ProxyFailed } from "../errors.ts";

/** The largest answer without a list, in bytes. A session has about 500. */
export const MAX_ANSWER = 64 * 1024;

/** The pause before the second attempt, in milliseconds. */
const PAUSE = 100;

type Fetch = typeof globalThis.fetch;

/** An answer of the platform, with any status. */
export interface RestAnswer {
  readonly status: number;
  /** The `Date` header: the platform's clock. */
  readonly date: string | null;
  /** The `Retry-After` header. */
  readonly retryAfter: string | null;
  readonly body: string;
}

/**
 * Sends a request, and resolves to the whole answer. It repeats the request once, and only if the first certainly did not arrive:
 * an interrupted request may have taken effect.
 *
 * @param timeout the deadline of both attempts, in milliseconds
 * @param maxAnswer the largest answer, in bytes
 * @throws {PlatformUnavailable} without an answer of that size in time
 */
export async function send(
  fetch: Fetch,
  url: string,
  request: Pick<RequestInit, "method" | "headers" | "body">,
  timeout: number,
  maxAnswer: number,
): Promise<RestAnswer> {
  const signal = AbortSignal.timeout(timeout);
  const attempt = () => exchange(fetch, url, { ...request, redirect: "manual", signal }, maxAnswer);
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
      `The platform cannot be reached: ${code ?? "the connection was lost"}`,
      true,
    );
  }
}

/**
 * Sends one request without repeating it, and resolves to the whole answer.
 *
 * @param maxAnswer the largest answer, in bytes
 * @throws {ProxyFailed} if the proxy of `fetch` fails
 * @throws {PlatformUnavailable} for a larger answer
 * @throws {Error} from `fetch`, without an answer
 */
export async function exchange(
  fetch: Fetch,
  url: string,
  init: RequestInit,
  maxAnswer = MAX_ANSWER,
): Promise<RestAnswer> {
  const response = await fetch(url, init);
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving this loop early cancels the body and closes the connection.
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxAnswer)
      throw new PlatformUnavailable(`The platform's answer is larger than ${maxAnswer} bytes`, false);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks).toString("utf8");
  const { status, headers } = response;
  return { status, date: headers.get("date"), retryAfter: headers.get("retry-after"), body };
}

/** Whether no byte was sent, because nothing listens or the host has no address. */
function neverArrived(error: unknown): boolean {
  if (error instanceof ProxyFailed) return error.retryable;
  return ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"].includes(codeOf(error) ?? "");
}

/** The system's error code, which `fetch` puts into the cause. */
export function codeOf(error: unknown): string | undefined {
  const { cause } = error as { cause?: { code?: unknown } };
  return typeof cause?.code === "string" ? cause.code : undefined;
}
