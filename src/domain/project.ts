import type { TokenFormat } from "./connection-token.ts";

/** Where sessions come from. The values are those of the environment variable `PLATFORM`. */
export enum PlatformName {
  LOCAL = "local",
  OPENTOK = "opentok",
  VONAGE = "vonage",
}

/** What clients see of the project that a server works for. */
export interface ProjectInfo {
  /** The OpenTok API key or the Vonage application ID. */
  readonly applicationId: string;
  readonly platform: PlatformName;
  /** The formats that its tokens can have. */
  readonly tokenFormats: readonly TokenFormat[];
}
