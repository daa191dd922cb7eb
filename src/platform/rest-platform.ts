import CircuitBreaker from "opossum";
import { MediaMode, type SessionOptions } from "../domain/session.ts";
import { PlatformRejected, PlatformUnavailable, RateLimited } from "../errors.ts";
import type { CredentialNames } from "./credential-names.ts";
import type { Platform } from "./platform.ts";
import { post } from "./rest-client.ts";
import { sessionIdOf } from "./session-answer.ts";

/** The circuit breaker: when `open`, calls fail at once; when `halfOpen`, the next call is a probe. */
export type CircuitState = "closed" | "open" | "halfOpen";

/** The settings of a platform with a REST API. */
export interface RestPlatformOptions {
  readonly applicationId: string;
  /** The URL of its API, without a slash at the end. */
  readonly url: string;
  /** The deadline of one call, in milliseconds. */
  readonly timeout: number;
  readonly userAgent: string;
  readonly names: CredentialNames;
  /** Makes the requests; Node.js's own by default. */
  readonly fetch?: typeof globalThis.fetch;
  /** Makes the header that authenticates one call. */
  readonly authenticate: (now: Date) => Promise<Record<string, string>>;
  /** Wraps each call, and adds headers to it. */
  readonly around?: <T>(call: (headers: Readonly<Record<string, string>>) => Promise<T>) => Promise<T>;
  /** Receives each change of the circuit breaker. */
  readonly onCircuit: (state: CircuitState) => void;
  /** How long the circuit breaker stays open before a probe, in milliseconds. */
  readonly resetTimeout?: number;
}

/** The circuit breaker opens if more than half of at least this many recent calls fail. */
const VOLUME_THRESHOLD = 5;
const ERROR_THRESHOLD_PERCENTAGE = 50;
/** A call is recent for this long plus the timeout of a call, in milliseconds, because it counts from its start. */
const WINDOW = 10_000;
const RESET_TIMEOUT = 5000;

/**
 * The platform's REST API: `POST /session/create`, which OpenTok and Vonage share. While the circuit breaker is open, calls fail at
 * once, until a probe succeeds.
 */
export function restPlatform(options: RestPlatformOptions): Platform {
  const { applicationId, url, timeout, userAgent, names, authenticate, onCircuit } = options;
  const { around = (call) => call({}) } = options;
  const resetTimeout = options.resetTimeout ?? RESET_TIMEOUT;
  let lastFailure: PlatformUnavailable | undefined;
  /** The time of the next probe, on the clock of timers. */
  let probedAt = 0;

  const call = async (session: SessionOptions, now: Date, more: Readonly<Record<string, string>>) => {
    const headers = {
      ...more,
      accept: "application/json",
      "user-agent": userAgent,
      ...(await authenticate(now)),
    };
    const answer = await post(
      `${url}/session/create`,
      headers,
      formOf(session),
      timeout,
      options.fetch ?? fetch,
    );
    return sessionIdOf(answer, applicationId, names, now);
  };

  const create = (session: SessionOptions, now: Date): Promise<string> =>
    around((headers) => call(session, now, headers));

  const breaker = new CircuitBreaker(create, {
    // Each call has its own deadline.
    timeout: false,
    volumeThreshold: VOLUME_THRESHOLD,
    errorThresholdPercentage: ERROR_THRESHOLD_PERCENTAGE,
    rollingCountTimeout: WINDOW + timeout,
    resetTimeout,
    // A platform that refuses works, and one caller over a limit must not block the others.
    errorFilter: (error) => error instanceof PlatformRejected || error instanceof RateLimited,
    // These statistics are not used.
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  });
  breaker.on("failure", (error) => {
    if (error instanceof PlatformUnavailable) lastFailure = error;
  });
  breaker.on("open", () => {
    probedAt = performance.now() + resetTimeout;
    onCircuit("open");
  });
  breaker.on("halfOpen", () => onCircuit("halfOpen"));
  breaker.on("close", () => onCircuit("closed"));

  return {
    applicationId,
    timeout,
    async createSession(session, now) {
      // The breaker would also count the refused call, and then need many failures to open again.
      if (!breaker.closed && !breaker.pendingClose)
        throw leftAlone(lastFailure, probedAt - performance.now());
      return breaker.fire(session, now);
    },
  };
}

/** @param milliseconds until the next probe; zero or less during it */
function leftAlone(lastFailure: PlatformUnavailable | undefined, milliseconds: number): PlatformUnavailable {
  const retryable = lastFailure?.extensions.retryable !== false;
  return new PlatformUnavailable(
    `The platform keeps failing, so calls to it are paused. The last failure: ${lastFailure?.message}`,
    retryable,
    retryable ? Math.max(1, Math.ceil(milliseconds / 1000)) : undefined,
  );
}

/** The form, without fields that are not set: the platform would read `location=null` as a location. */
function formOf({ mediaMode, archiveMode, archiveName, archiveResolution, location, e2ee }: SessionOptions) {
  const form = new URLSearchParams({
    "p2p.preference": mediaMode === MediaMode.RELAYED ? "enabled" : "disabled",
    archiveMode,
  });
  if (archiveName !== null) form.set("archiveName", archiveName);
  if (archiveResolution !== null) form.set("archiveResolution", archiveResolution);
  if (location !== null) form.set("location", location);
  if (e2ee) form.set("e2ee", "true");
  return form;
}
