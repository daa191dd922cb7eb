import { registerEnumType } from "type-graphql";
import { TokenFormat } from "../../domain/connection-token.ts";
import { IssuanceInterval } from "../../domain/issuance.ts";
import { PlatformName } from "../../domain/project.ts";
import { Role } from "../../domain/role.ts";
import { ArchiveMode, ArchiveResolution, MediaMode } from "../../domain/session.ts";
import { TokenStatus } from "../../domain/token-inspection.ts";
import { ERROR_CODES, ERRORS, type ErrorCode } from "../../errors.ts";

/** The codes of errors, each with itself as its value. */
export const ErrorCodes = Object.fromEntries(ERROR_CODES.map((code) => [code, code])) as {
  readonly [Code in ErrorCode]: Code;
};

registerEnumType(ErrorCodes, {
  name: "ErrorCode",
  description: "What went wrong: the `extensions.code` of every error, and why a token was refused.",
  valuesConfig: ERRORS,
});

registerEnumType(Role, {
  name: "Role",
  description: "What a client may do in a session.",
  valuesConfig: {
    SUBSCRIBER: { description: "Subscribe to streams." },
    PUBLISHER: { description: "Publish streams, subscribe to streams, and signal." },
    PUBLISHER_ONLY: { description: "Publish streams, without subscribing to any." },
    MODERATOR: {
      description: "What a publisher may do, and force others to disconnect, to stop publishing or to mute.",
    },
  },
});

registerEnumType(MediaMode, {
  name: "MediaMode",
  description: "How media flows between the participants of a session.",
  valuesConfig: {
    RELAYED: { description: "Directly between clients where possible, else through a relay." },
    ROUTED: {
      description: "Through the media router: larger sessions, archiving, end-to-end encryption.",
    },
  },
});

registerEnumType(ArchiveMode, {
  name: "ArchiveMode",
  description: "Whether the platform records a session by itself.",
  valuesConfig: {
    MANUAL: { description: "The platform records when a back end asks." },
    ALWAYS: { description: "The platform records the whole session. Needs `mediaMode: ROUTED`." },
  },
});

registerEnumType(ArchiveResolution, {
  name: "ArchiveResolution",
  description: "The width and height of the video in automatic archives, in pixels.",
  valuesConfig: {
    SD_LANDSCAPE: { description: "640x480, landscape." },
    SD_PORTRAIT: { description: "480x640, portrait." },
    HD_LANDSCAPE: { description: "1280x720, landscape." },
    HD_PORTRAIT: { description: "720x1280, portrait." },
    FHD_LANDSCAPE: { description: "1920x1080, landscape." },
    FHD_PORTRAIT: { description: "1080x1920, portrait." },
  },
});

registerEnumType(TokenFormat, {
  name: "TokenFormat",
  description: "How a token is written and signed.",
  valuesConfig: {
    JWT: { description: "A JSON Web Token: HS256 for OpenTok, RS256 for Vonage." },
    T1: { description: "The legacy OpenTok format." },
  },
});

registerEnumType(TokenStatus, {
  name: "TokenStatus",
  description: "Whether a client can connect with a token.",
  valuesConfig: {
    ACTIVE: { description: "A client can connect with it now." },
    EXPIRED: { description: "Genuine, and expired." },
    INVALID: {
      description:
        "Not a token that this server's credentials signed, or not one that a client could connect with.",
    },
  },
});

registerEnumType(PlatformName, {
  name: "VideoPlatform",
  description: "Where sessions come from.",
  valuesConfig: {
    LOCAL: {
      description:
        "The built-in platform. Its tokens have the platform's format, and no client can connect with them.",
    },
    OPENTOK: { description: "The OpenTok environment of the Vonage Video API." },
    VONAGE: { description: "The Vonage Unified environment of the Vonage Video API." },
  },
});

registerEnumType(IssuanceInterval, {
  name: "IssuanceInterval",
  description: "How long each period of issuances is.",
  valuesConfig: {
    MINUTE: { description: "60 seconds, from a full minute." },
    HOUR: { description: "60 minutes, from a full hour in UTC." },
    DAY: { description: "24 hours, from midnight in UTC." },
  },
});
