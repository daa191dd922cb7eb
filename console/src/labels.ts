import type {
  ArchiveMode,
  ArchiveResolution,
  IssuanceInterval,
  MediaMode,
  Role,
  TokenFormat,
  VideoPlatform,
  VideoType,
} from "./generated/documents.ts";

/*
 * Labels for the enums of the API. The compiler reports missing values.
 */

export const ROLES: Readonly<Record<Role, string>> = {
  SUBSCRIBER: "Subscriber",
  PUBLISHER: "Publisher",
  PUBLISHER_ONLY: "Publisher only",
  MODERATOR: "Moderator",
};

export const ROLE_MEANINGS: Readonly<Record<Role, string>> = {
  SUBSCRIBER: "Sees and hears the other participants.",
  PUBLISHER: "Publishes audio and video, sees and hears the others, and sends signals.",
  PUBLISHER_ONLY: "Publishes audio and video, but does not see or hear the others.",
  MODERATOR: "Does what a publisher does, and can mute or disconnect the others.",
};

export const MEDIA_MODES: Readonly<Record<MediaMode, string>> = { RELAYED: "Relayed", ROUTED: "Routed" };

export const ARCHIVE_MODES: Readonly<Record<ArchiveMode, string>> = { MANUAL: "Manual", ALWAYS: "Always" };

export const ARCHIVE_RESOLUTIONS: Readonly<Record<ArchiveResolution, string>> = {
  SD_LANDSCAPE: "640 × 480",
  SD_PORTRAIT: "480 × 640",
  HD_LANDSCAPE: "1280 × 720",
  HD_PORTRAIT: "720 × 1280",
  FHD_LANDSCAPE: "1920 × 1080",
  FHD_PORTRAIT: "1080 × 1920",
};

export const TOKEN_FORMATS: Readonly<Record<TokenFormat, string>> = {
  JWT: "JSON Web Token",
  T1: "T1 (legacy)",
};

export const VIDEO_TYPES: Readonly<Record<VideoType, string>> = {
  CAMERA: "Camera",
  SCREEN: "Screen",
  CUSTOM: "Custom video",
};

export const PLATFORMS: Readonly<Record<VideoPlatform, string>> = {
  LOCAL: "Local platform",
  OPENTOK: "OpenTok",
  VONAGE: "Vonage",
};

export const INTERVALS: Readonly<Record<IssuanceInterval, string>> = {
  MINUTE: "Last 60 minutes",
  HOUR: "Last 24 hours",
  DAY: "Last 30 days (UTC)",
};
