import CircuitBreaker from "opossum";
import { MediaMode, type SessionOptions } from "../domain/session.ts";
import { PlatformRejected, PlatformUnavailable, RateLimited } from "../errors.ts";
import type { CredentialNames } from "./credential-names.ts";
import type { Platform } from "./platform.ts";
import { post } from "./rest-client.ts";
import { sessionIdOf } from "./session-answer.ts";

/** Whether calls are answered without the platform (`open`), or the next one finds out whether it is there again (`halfOpen`). */
export type CircuitState = "closed" | "open" | "halfOpen";

/** What a platform that is reached over the network needs. */
export interface RestPlatformOptions {
  readonly applicationId: string;
  /** Where its API is, without a slash at the end. */
  readonly url: string;
  /** The deadline of one call, in milliseconds. */
  readonly timeout: number;
  /** How we name ourselves. */
  readonly userAgent: string;
  readonly names: CredentialNames;
  /** Makes its requests; Node's own when there is none. */
  readonly fetch?: typeof globalThis.fetch;
  /** The header that authenticates one call; a fresh one for each. */
  readonly authenticate: (now: Date) => Promise<Record<string, string>>;
  /** Put around each call that is made; the headers that it gives go along. */
  readonly around?: <T>(call: (headers: Readonly<Record<string, string>>) => Promise<T>) => Promise<T>;
  /** Is told of each change. */
  readonly onCircuit: (state: CircuitState) => void;
  /** How long the platform is left alone once it keeps failing, in milliseconds. */
  readonly resetTimeout?: number;
}

/** The platform is left alone when of at least this many calls of late more than half found it unavailable. */
const VOLUME_THRESHOLD = 5;
const ERROR_THRESHOLD_PERCENTAGE = 50;
/** How long ago "of late" is, in milliseconds, beside the time that a call may take: a call counts from its start. */
const WINDOW = 10_000;
const RESET_TIMEOUT = 5000;

/**
 * The platform behind its REST API: `POST /session/create`, which both environments have. When it keeps failing, calls
 * fail at once, without it, until one that is let through as a probe succeeds.
 */
export function restPlatform(options: RestPlatformOptions): Platform {
  const { applicationId, url, timeout, userAgent, names, authenticate, onCircuit } = options;
  const { around = (call) => call({}) } = options;
  const resetTimeout = options.resetTimeout ?? RESET_TIMEOUT;
  let lastFailure: PlatformUnavailable | undefined;
  /** When the platform is asked again, by the clock that timers have. */
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
    // The call has its own deadline, which also ends it.
    timeout: false,
    volumeThreshold: VOLUME_THRESHOLD,
    errorThresholdPercentage: ERROR_THRESHOLD_PERCENTAGE,
    rollingCountTimeout: WINDOW + timeout,
    resetTimeout,
    // A platform that refuses is there, and one caller that asks too often must not close it to the others.
    errorFilter: (error) => error instanceof PlatformRejected || error instanceof RateLimited,
    // Nobody reads them.
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
      // The breaker would refuse the call as well, but also count it, and then need many failures to open again.
      if (!breaker.closed && !breaker.pendingClose)
        throw leftAlone(lastFailure, probedAt - performance.now());
      return breaker.fire(session, now);
    },
  };
}

/** @param milliseconds until the platform is asked again; none while it is being asked */
function leftAlone(lastFailure: PlatformUnavailable | undefined, milliseconds: number): PlatformUnavailable {
  const retryable = lastFailure?.extensions.retryable !== false;
  return new PlatformUnavailable(
    `The platform keeps failing and is left alone for a moment. At last: ${lastFailure?.message}`,
    retryable,
    retryable ? Math.max(1, Math.ceil(milliseconds / 1000)) : undefined,
  );
}

/** The form, with no field that is not set: an SDK's `location=null` reached the platform as a location. */
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
