import { randomBytes } from "node:crypto";
import { composeSessionId } from "../../domain/session-id.ts";
import { PlatformRejected } from "../../errors.ts";
import { NotInSession, type Platform } from "../platform.ts";
import { RoomRefusal } from "./room-refusal.ts";
import type { ServerCalls } from "./server-calls.ts";

/** The local platform. It needs no account, and its session IDs have OpenTok's format. */
export function emulatedPlatform(applicationId: string, calls: ServerCalls): Platform {
  return {
    applicationId,
    timeout: 0,
    async createSession({ location }, now) {
      // 18 bytes in base64 are 24 characters, as in the real platform's IDs.
      const random = randomBytes(18).toString("base64");
      return composeSessionId({ owner: applicationId, location, createdAt: now, random });
    },
    connections: async (sessionId) => listed(() => calls.connections(sessionId)),
    streams: async (sessionId) => listed(() => calls.streams(sessionId)),
    disconnect: async (sessionId, connectionId, now) =>
      inPortsTerms(() => calls.disconnect(sessionId, connectionId, now)),
    muteStream: async (sessionId, streamId) => inPortsTerms(() => calls.muteStream(sessionId, streamId)),
    muteAll: async (sessionId, { active, excludedStreamIds }) =>
      inPortsTerms(() => calls.muteAll(sessionId, active, excludedStreamIds)),
    signal: async (sessionId, connectionId, signal) =>
      inPortsTerms(() => calls.signal(sessionId, connectionId, signal)),
  };
}

/** The platform refuses to list what it does not know; the port's list is empty. */
function listed<T>(list: () => T[]): T[] {
  try {
    return inPortsTerms(list);
  } catch (error) {
    if (error instanceof NotInSession) return [];
    throw error;
  }
}

function inPortsTerms<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof RoomRefusal)) throw error;
    if (error.status === 404) throw new NotInSession(error.message);
    throw new PlatformRejected(error.message, "Correct the arguments of the call.");
  }
}
