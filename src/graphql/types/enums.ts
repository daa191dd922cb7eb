import { registerEnumType } from "type-graphql";
import { ACTIONS, type Action } from "../../access/actions.ts";
import { ApiKeyPreset } from "../../access/key-presets.ts";
import { ManageRule } from "../../access/permissions.ts";
import { TokenFormat } from "../../domain/connection-token.ts";
import { IssuanceInterval } from "../../domain/issuance.ts";
import { LeaveReason, VideoType } from "../../domain/participant.ts";
import { PlatformName } from "../../domain/project.ts";
import { Role } from "../../domain/role.ts";
import { ArchiveMode, ArchiveResolution, MediaMode } from "../../domain/session.ts";
import { TokenStatus } from "../../domain/token-inspection.ts";
import { ERROR_CODES, ERRORS, type ErrorCode } from "../../errors.ts";

/** The error codes. Each is its own value. */
export const ErrorCodes = Object.fromEntries(ERROR_CODES.map((code) => [code, code])) as {
  readonly [Code in ErrorCode]: Code;
};

registerEnumType(ErrorCodes, {
  name: "ErrorCode",
  description: "The `extensions.code` of an error, and the `code` of a refused token.",
  valuesConfig: ERRORS,
});

/** The names of the actions. Each is its own value. */
export const ActionNames = Object.fromEntries([...ACTIONS.keys()].map((name) => [name, name]));

registerEnumType(ActionNames, {
  name: "Action",
  description: "Something that needs a permission: each field and each argument that requires a scope.",
  valuesConfig: Object.fromEntries(
    [...ACTIONS].map(([name, action]) => [name, { description: describeAction(action) }]),
  ),
});

function describeAction({ argument, field, session, byName, role }: Action): string {
  const takes = [session && "sessionId", byName && "name", role && "role"].filter(Boolean);
  const given = takes.length > 0 ? ` with \`${takes.join("`, `")}\`` : "";
  return `\`${argument ?? field}\`${given}.`;
}

registerEnumType(Role, {
  name: "Role",
  description: "What a client can do in a session.",
  valuesConfig: {
    SUBSCRIBER: { description: "Subscribe to streams." },
    PUBLISHER: { description: "Publish streams, subscribe to streams, and signal." },
    PUBLISHER_ONLY: { description: "Publish streams, but subscribe to none." },
    MODERATOR: {
      description: "Publish, subscribe, signal, and force others to disconnect, stop publishing or mute.",
    },
  },
});

registerEnumType(ManageRule, {
  name: "ManageRule",
  description: "Where a caller may manage participants and bans, if not in all its sessions.",
  valuesConfig: {
    AS_MODERATOR: { description: "In sessions in which its `identity` is now present as a `MODERATOR`." },
  },
});

registerEnumType(ApiKeyPreset, {
  name: "ApiKeyPreset",
  description: "A prepared grant of an API key.",
  valuesConfig: {
    EVERYTHING: { description: "Every scope, role and session. Such a key can also manage API keys." },
    FRONT_END: {
      description:
        "Create rooms and get tokens for them, as `SUBSCRIBER` or `PUBLISHER`, for at most an hour.",
    },
    READ_ONLY: { description: "Read sessions, tokens, the ledger and participants of every session." },
  },
});

registerEnumType(MediaMode, {
  name: "MediaMode",
  description: "How media flows between participants.",
  valuesConfig: {
    RELAYED: { description: "Media flows directly between clients if possible, otherwise through a relay." },
    ROUTED: {
      description:
        "Media flows through the media router. Use it for larger sessions, archives and end-to-end encryption.",
    },
  },
});

registerEnumType(ArchiveMode, {
  name: "ArchiveMode",
  description: "Whether the platform records a session automatically.",
  valuesConfig: {
    MANUAL: { description: "The platform records only when a back end starts an archive." },
    ALWAYS: { description: "The platform records the whole session. Needs `mediaMode: ROUTED`." },
  },
});

registerEnumType(ArchiveResolution, {
  name: "ArchiveResolution",
  description: "The video resolution of automatic archives, in pixels.",
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
  description: "The encoding and signature of a token.",
  valuesConfig: {
    JWT: { description: "A JSON Web Token, signed with HS256 for OpenTok and RS256 for Vonage." },
    T1: { description: "The legacy OpenTok format. Vonage does not have it." },
  },
});

registerEnumType(TokenStatus, {
  name: "TokenStatus",
  description: "Whether a client can connect with a token.",
  valuesConfig: {
    ACTIVE: { description: "A client can connect with the token now." },
    EXPIRED: { description: "The token is genuine but expired." },
    REVOKED: {
      description: "The token was issued here, and revoked. A client that connects with it is disconnected.",
    },
    INVALID: {
      description: "This server's credentials did not sign the token, or no client can connect with it.",
    },
  },
});

registerEnumType(LeaveReason, {
  name: "LeaveReason",
  description: "Why a participant left its session.",
  valuesConfig: {
    CLIENT_DISCONNECTED: { description: "The client left." },
    FORCE_DISCONNECTED: { description: "A moderator or a back end disconnected it." },
    NETWORK_DISCONNECTED: { description: "Its network connection was lost." },
    MEDIA_IDLE: { description: "It sent and received no media for too long." },
    SERVER_ROTATION: { description: "The platform moved the session to another media server." },
    OTHER: { description: "The platform gave another reason." },
    UNKNOWN: { description: "The platform no longer lists the connection, and did not say why." },
  },
});

registerEnumType(VideoType, {
  name: "VideoType",
  description: "What a stream shows.",
  valuesConfig: {
    CAMERA: { description: "A camera." },
    SCREEN: { description: "A shared screen." },
    CUSTOM: { description: "A video source of the application, such as a canvas." },
  },
});

registerEnumType(PlatformName, {
  name: "VideoPlatform",
  description: "The platform that creates sessions.",
  valuesConfig: {
    LOCAL: {
      description:
        "The built-in platform for development. Its tokens have the real format, but no client SDK can connect with them.",
    },
    OPENTOK: { description: "The OpenTok environment of the Vonage Video API." },
    VONAGE: { description: "The Vonage Unified environment of the Vonage Video API." },
  },
});

registerEnumType(IssuanceInterval, {
  name: "IssuanceInterval",
  description: "The length of a period of issuances.",
  valuesConfig: {
    MINUTE: { description: "60 seconds, from the start of a minute." },
    HOUR: { description: "60 minutes, from the start of an hour in UTC." },
    DAY: { description: "24 hours, from midnight in UTC." },
  },
});
