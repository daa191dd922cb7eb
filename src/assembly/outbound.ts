import type { ProxyConfig } from "../config/proxy.ts";
import { ProxyFailed } from "../errors.ts";
import { isLoopbackHostname } from "../process/loopback.ts";

/** The longest time for the proxy to connect to the target, in milliseconds: undici's timeout for a connection. */
const PATIENCE = 10_000;

/** Calls other machines, like the global `fetch`. */
export type Fetch = typeof globalThis.fetch;

/**
 * Node's `fetch`, or one that calls through the proxy, except for this machine and the hosts of `NO_PROXY`.
 *
 * @param patience the longest time for the proxy to connect to the target, in milliseconds.
 * @returns a function that throws `ProxyFailed` when the proxy does not forward a call.
 */
export function outbound(proxy: ProxyConfig | null, patience = PATIENCE): Fetch {
  if (proxy === null) return fetch;
  let loaded: Promise<Fetch> | null = null;
  return async (input, init) => {
    const { hostname } = new URL(input instanceof Request ? input.url : input);
    if (isLoopbackHostname(hostname)) return fetch(input, init);
    loaded ??= fetchThrough(proxy, patience);
    return (await loaded)(input, init);
  };
}

/** Node before version 24 has no proxy support, and its `fetch` accepts no dispatcher of another undici. */
async function fetchThrough(
  { variable, origin, authorization, noProxy }: ProxyConfig,
  patience: number,
): Promise<Fetch> {
  const undici = await import("undici");

  /** The connections to the proxy. Any failure before the tunnel exists is a failure of the proxy. */
  class ProxyPool extends undici.Pool {
    override async connect(options: never): Promise<never> {
      const answer: { statusCode: number; socket: { destroy(): void } } = await super
        .connect(options)
        .catch((error: NodeJS.ErrnoException) => {
          throw new ProxyFailed(
            `the proxy of ${variable} cannot be reached: ${error.code ?? "the connection was lost"}`,
            true,
          );
        });
      if (answer.statusCode === 200) return answer as never;
      answer.socket.destroy();
      throw refusal(variable, answer.statusCode);
    }
  }

  const dispatcher = new undici.EnvHttpProxyAgent({
    httpProxy: origin,
    httpsProxy: origin,
    noProxy,
    ...(authorization && { token: authorization.export().toString("utf8") }),
    // The end of a call does not end its CONNECT, which would keep a command running for five minutes.
    clientFactory: (url, options) => new ProxyPool(url, { ...options, headersTimeout: patience }),
  });
  const call = undici.fetch as unknown as Fetch;
  return (input, init) =>
    call(input, { ...init, dispatcher } as unknown as RequestInit).catch((error) => {
      throw error.cause instanceof ProxyFailed ? error.cause : error;
    });
}

function refusal(variable: string, status: number): ProxyFailed {
  const said = `the proxy of ${variable} answered with status ${status}`;
  if (status === 407)
    return new ProxyFailed(`${said}: check the user and the password in ${variable}`, false);
  if (status >= 500) return new ProxyFailed(said, true);
  return new ProxyFailed(`${said}: allow this host in the proxy, or add it to NO_PROXY`, false);
}
