import type { ErrorCode } from "../../errors.ts";

/** The code of a refusal in the protocol of clients, by the platform's status. */
const CODES = {
  400: "BAD_USER_INPUT",
  401: "UNAUTHENTICATED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  // The platform answers 408 for an invalid stream ID.
  408: "BAD_USER_INPUT",
  413: "PAYLOAD_TOO_LARGE",
  429: "RATE_LIMITED",
} as const satisfies Readonly<Record<number, ErrorCode>>;

/** A call of a client or a server that breaks a rule of a room. The message has no secret, token or connection data. */
export class RoomRefusal extends Error {
  readonly code: ErrorCode;

  /** @param status the platform's HTTP status for the same call */
  constructor(
    readonly status: keyof typeof CODES,
    message: string,
  ) {
    super(message);
    this.name = "RoomRefusal";
    this.code = CODES[status];
  }
}
