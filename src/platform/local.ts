import { randomBytes } from "node:crypto";
import { composeSessionId } from "../domain/session-id.ts";
import type { Platform } from "./platform.ts";

/** The built-in platform. It needs no account, and its session IDs have OpenTok's format. */
export function localPlatform(applicationId: string): Platform {
  return {
    applicationId,
    timeout: 0,
    async createSession({ location }, now) {
      // 18 bytes in base64 are 24 characters, as in the real platform's IDs.
      const random = randomBytes(18).toString("base64");
      return composeSessionId({ owner: applicationId, location, createdAt: now, random });
    },
  };
}
