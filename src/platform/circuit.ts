import CircuitBreaker from "opossum";
import { PlatformRejected, PlatformUnavailable, RateLimited } from "../errors.ts";

/** The circuit breaker: when `open`, calls fail at once; when `halfOpen`, the next call is a probe. */
export type CircuitState = "closed" | "open" | "halfOpen";

/** The circuit breaker opens if more than half of at least this many recent calls fail. */
const VOLUME_THRESHOLD = 5;
const ERROR_THRESHOLD_PERCENTAGE = 50;
/** A call is recent for this long plus the timeout of a call, in milliseconds, because it counts from its start. */
const WINDOW = 10_000;
const RESET_TIMEOUT = 5000;

/**
 * Makes a call, unless recent calls kept failing. Then calls fail at once, until a probe succeeds. All kinds of calls share one circuit
 * breaker.
 *
 * @throws {PlatformUnavailable} while the circuit breaker is open
 */
export type Circuit = <T>(call: () => Promise<T>) => Promise<T>;

/**
 * A closed circuit breaker.
 *
 * @param timeout the deadline of one call, in milliseconds
 * @param onCircuit receives each change
 * @param resetTimeout how long it stays open before a probe, in milliseconds
 */
export function newCircuit(
  timeout: number,
  onCircuit: (state: CircuitState) => void,
  resetTimeout = RESET_TIMEOUT,
): Circuit {
  let lastFailure: PlatformUnavailable | undefined;
  /** The time of the next probe, on the clock of timers. */
  let probedAt = 0;

  const breaker = new CircuitBreaker((call: () => Promise<unknown>) => call(), {
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

  return async <T>(call: () => Promise<T>) => {
    // The breaker would also count the refused call, and then need many failures to open again.
    if (!breaker.closed && !breaker.pendingClose) throw leftAlone(lastFailure, probedAt - performance.now());
    return breaker.fire(call) as Promise<T>;
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
