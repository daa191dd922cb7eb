import { type Browser, chromium } from "playwright-core";
import { findProgram, isProgram } from "./programs.ts";

/** The names of Chromium, and its folders outside of the path. */
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const FOLDERS = ["/usr/bin", "/usr/local/bin", "/snap/bin"];
const APPLICATIONS = ["Google Chrome", "Chromium"].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);

/** The path of a Chromium on this machine: `CHROMIUM_PATH`, or one in the usual places; null without one. */
export function findChromium(): string | null {
  return process.env.CHROMIUM_PATH || (findProgram(NAMES, FOLDERS) ?? APPLICATIONS.find(isProgram) ?? null);
}

export const CHROMIUM = findChromium();

/** Starts Chromium without a window. */
export function launchChromium(): Promise<Browser> {
  if (CHROMIUM === null) throw new Error("no Chromium was found; CHROMIUM_PATH says where one is");
  // Its sandbox does not work for root, and containers often run as root.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: CHROMIUM, args });
}
