import type { OTError } from "./opentok.ts";

/** The names and codes of OpenTok.js. */
const CODES = {
  OT_AUTHENTICATION_ERROR: 1004,
  OT_CONNECT_FAILED: 1006,
  OT_NOT_CONNECTED: 1010,
  OT_INVALID_PARAMETER: 1011,
  OT_CONNECTION_LIMIT_EXCEEDED: 1027,
  OT_PERMISSION_DENIED: 1500,
  OT_STREAM_DESTROYED: 1604,
  OT_UNEXPECTED_SERVER_RESPONSE: 2001,
} as const;

/** @param code another code than the usual one */
export function otError(name: keyof typeof CODES | "OT_NOT_FOUND", message: string, code?: number): OTError {
  return Object.assign(new Error(message), {
    name,
    code: code ?? (name === "OT_NOT_FOUND" ? 404 : CODES[name]),
  });
}

/** Why the server refused a client that wants to join. */
export function refusedToJoin(code: string, message: string): OTError {
  switch (code) {
    case "UNAUTHENTICATED":
      return otError("OT_AUTHENTICATION_ERROR", message);
    case "RATE_LIMITED":
      return otError("OT_CONNECTION_LIMIT_EXCEEDED", message);
    default:
      return otError("OT_CONNECT_FAILED", message);
  }
}
