import { randomBytes } from "node:crypto";
import { composeSessionId } from "../../domain/session-id.ts";
import { checkSignal } from "../../domain/signal.ts";
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
      command(() => calls.disconnect(sessionId, connectionId, now)),
    muteStream: async (sessionId, streamId) => command(() => calls.muteStream(sessionId, streamId)),
    muteAll: async (sessionId, { active, excludedStreamIds }) =>
      command(() => calls.muteAll(sessionId, active, excludedStreamIds)),
    async signal(sessionId, connectionId, signal) {
      checkSignal(signal);
      command(() => calls.signal(sessionId, connectionId, signal));
    },
  };
}

/** Nothing can have a malformed ID, so the platform's refusal of such an ID means the same as 404. */
function command<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw error instanceof RoomRefusal ? new NotInSession(error.message) : error;
  }
}

function listed<T>(list: () => T[]): T[] {
  try {
    return command(list);
  } catch (error) {
    if (error instanceof NotInSession) return [];
    throw error;
  }
}
