import { type CircuitState, newCircuit } from "./circuit.ts";
import { type RestAnswer, send } from "./rest-client.ts";

/** A request of the platform's REST API. */
export interface RestRequest {
  readonly method: "DELETE" | "GET" | "POST";
  /** The path, with names in braces for IDs, so that traces do not hold them. */
  readonly route: string;
  /** The path that is called. */
  readonly path: string;
  /** A form, or JSON text; null for no body. */
  readonly body: URLSearchParams | string | null;
  /** The largest answer, in bytes. */
  readonly maxAnswer: number;
}

/** A request, and what its answer means. */
export interface RestCall<T> extends RestRequest {
  /**
   * Reads an answer with any status.
   *
   * @throws {RateLimited} if the platform limits the project
   * @throws {PlatformRejected} if it refuses
   * @throws {PlatformUnavailable} otherwise
   */
  read(answer: RestAnswer): T;
}

/** Wraps a call, and adds headers to it. */
export type Around = <T>(
  method: string,
  route: string,
  call: (headers: Readonly<Record<string, string>>) => Promise<T>,
) => Promise<T>;

/** How calls are made. */
export interface RestCallerOptions {
  /** The URL of the API, without a slash at the end. */
  readonly url: string;
  /** The deadline of one call, in milliseconds. */
  readonly timeout: number;
  readonly userAgent: string;
  /** Makes the requests; Node.js's own by default. */
  readonly fetch?: typeof globalThis.fetch;
  /** Makes the header that authenticates one call. */
  readonly authenticate: (now: Date) => Promise<Record<string, string>>;
  readonly around?: Around;
  /** Receives each change of the circuit breaker. */
  readonly onCircuit: (state: CircuitState) => void;
  /** How long the circuit breaker stays open before a probe, in milliseconds. */
  readonly resetTimeout?: number;
}

/** Makes calls that share one circuit breaker. Each call has its own deadline and its own authentication. */
export function restCaller(options: RestCallerOptions): <T>(call: RestCall<T>, now: Date) => Promise<T> {
  const { url, timeout, userAgent, fetch = globalThis.fetch, authenticate } = options;
  const { around = (_method, _route, call) => call({}) } = options;
  const circuit = newCircuit(timeout, options.onCircuit, options.resetTimeout);

  return ({ method, route, path, body, maxAnswer, read }, now) =>
    circuit(() =>
      around(method, route, async (more) => {
        const headers = {
          ...more,
          accept: "application/json",
          "user-agent": userAgent,
          ...(typeof body === "string" && { "content-type": "application/json" }),
          ...(await authenticate(now)),
        };
        const answer = await send(fetch, `${url}${path}`, { method, headers, body }, timeout, maxAnswer);
        return read(answer);
      }),
    );
}
