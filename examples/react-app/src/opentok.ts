import type { VideoPlatform } from "@stagepass/client";
import { localOT, type OpenTok } from "@stagepass/client/local-ot";

/** The client SDKs. Each creates the global `OT`. */
const SCRIPTS: Readonly<Record<Exclude<VideoPlatform, "LOCAL">, string>> = {
  OPENTOK: "https://static.opentok.com/v2/js/opentok.min.js",
  VONAGE: "https://unpkg.com/@vonage/client-sdk-video@2/dist/js/opentok.min.js",
};

let opentok: Promise<OpenTok> | undefined;

/** The `OT` of the platform, loaded with the first call. On the local platform, tiles with names take the place of video. */
export function loadOpenTok(platform: VideoPlatform): Promise<OpenTok> {
  if (platform === "LOCAL") return Promise.resolve(localOT());
  opentok ??= load(SCRIPTS[platform]);
  return opentok;
}

function load(src: string): Promise<OpenTok> {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src });
    script.onload = () => resolve((globalThis as unknown as { OT: OpenTok }).OT);
    script.onerror = () => {
      // The next call tries again.
      opentok = undefined;
      reject(new Error("The video SDK cannot be loaded. Join again in a moment."));
    };
    document.head.append(script);
  });
}
