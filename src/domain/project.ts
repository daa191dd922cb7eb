import type { TokenFormat } from "./connection-token.ts";

/** The platform that creates sessions. The values are those of the environment variable `PLATFORM`. */
export enum PlatformName {
  LOCAL = "local",
  OPENTOK = "opentok",
  VONAGE = "vonage",
}

/** The public data of the server's project. */
export interface ProjectInfo {
  /** The OpenTok API key or the Vonage application ID. */
  readonly applicationId: string;
  readonly platform: PlatformName;
  /** The available formats of its tokens. */
  readonly tokenFormats: readonly TokenFormat[];
}
