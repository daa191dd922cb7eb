import { PlatformUnavailable } from "../errors.ts";
import type { Platform } from "./platform.ts";

/** A platform that answers every call with 503, for tests of front ends. */
export function unavailablePlatform({ applicationId, timeout }: Platform): Platform {
  const fail = async () => {
    throw new PlatformUnavailable("The platform answered 503", true);
  };
  return {
    applicationId,
    timeout,
    createSession: fail,
    connections: fail,
    streams: fail,
    disconnect: fail,
    muteStream: fail,
    muteAll: fail,
    signal: fail,
  };
}
