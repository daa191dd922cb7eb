import { randomBytes } from "node:crypto";
import { composeSessionId } from "../domain/session-id.ts";
import type { Platform } from "./platform.ts";

/** The built-in platform: it needs no account, and its session IDs have the real platform's format. */
export function localPlatform(applicationId: string): Platform {
  return {
    applicationId,
    timeout: 0,
    async createSession({ location }, now) {
      // 18 bytes are the 24 characters that the real platform's random field has.
      const random = randomBytes(18).toString("base64");
      return composeSessionId({ owner: applicationId, location, createdAt: now, random });
    },
  };
}
