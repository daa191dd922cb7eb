import CircuitBreaker from "opossum";
import { ArchiveMode, MediaMode, type SessionOptions } from "../domain/session.ts";
import { PlatformRejected, PlatformUnavailable } from "../errors.ts";
import type { Names } from "./advice.ts";
import type { Platform } from "./platform.ts";
import { post } from "./rest-client.ts";
import { sessionIdOf } from "./session-answer.ts";

/** What a platform that is reached over the network needs. */
export interface RestPlatformOptions {
  readonly applicationId: string;
  /** Where its API is, without a slash at the end. */
  readonly url: string;
  /** The deadline of one call, in milliseconds. */
  readonly timeout: number;
  /** How we name ourselves. */
  readonly userAgent: string;
  readonly names: Names;
  /** The header that authenticates one call; a fresh one for each. */
  readonly authenticate: (now: Date) => Promise<Record<string, string>>;
  /** Is told when calls begin to be answered without the platform, and when they no longer are. */
  readonly onCircuit: (state: "open" | "closed") => void;
  /** How long the platform is left alone once it keeps failing, in milliseconds. */
  readonly resetTimeout?: number;
}

/** The platform is left alone when of at least this many calls in ten seconds more than half found it unavailable. */
const VOLUME_THRESHOLD = 5;
const ERROR_THRESHOLD_PERCENTAGE = 50;
const RESET_TIMEOUT = 5000;

/**
 * The platform behind its REST API: `POST /session/create`, which both environments have. When it keeps failing, calls
 * fail at once, without it, until one that is let through as a probe succeeds.
 */
export function restPlatform(options: RestPlatformOptions): Platform {
  const { applicationId, url, timeout, userAgent, names, authenticate, onCircuit } = options;

  const create = async (session: SessionOptions, now: Date): Promise<string> => {
    const headers = {
      accept: "application/json",
      "user-agent": userAgent,
      ...(await authenticate(now)),
    };
    const answer = await post(`${url}/session/create`, headers, formOf(session), timeout);
    return sessionIdOf(answer, applicationId, names, now);
  };

  const breaker = new CircuitBreaker(create, {
    // The call has its own deadline, which also ends it.
    timeout: false,
    volumeThreshold: VOLUME_THRESHOLD,
    errorThresholdPercentage: ERROR_THRESHOLD_PERCENTAGE,
    resetTimeout: options.resetTimeout ?? RESET_TIMEOUT,
    // A platform that refuses is there.
    errorFilter: (error) => error instanceof PlatformRejected,
  });
  breaker.on("open", () => onCircuit("open"));
  breaker.on("close", () => onCircuit("closed"));

  return {
    applicationId,
    async createSession(session, now) {
      try {
        return await breaker.fire(session, now);
      } catch (error) {
        if (!CircuitBreaker.isOurError(error as Error)) throw error;
        throw new PlatformUnavailable(
          "The platform keeps failing and is left alone for a moment; try again",
          true,
        );
      }
    },
  };
}

/** The form, with no field that is not set: an SDK's `location=null` reached the platform as a location. */
function formOf({ mediaMode, archiveMode, archiveName, archiveResolution, location, e2ee }: SessionOptions) {
  const form = new URLSearchParams({
    "p2p.preference": mediaMode === MediaMode.RELAYED ? "enabled" : "disabled",
    archiveMode,
  });
  if (archiveMode === ArchiveMode.ALWAYS && archiveName !== null) form.set("archiveName", archiveName);
  if (archiveResolution !== null) form.set("archiveResolution", archiveResolution);
  if (location !== null) form.set("location", location);
  if (e2ee) form.set("e2ee", "true");
  return form;
}
