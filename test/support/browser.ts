import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** What Chromium is called, and where it is when it is not on the path. */
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const FOLDERS = ["/usr/bin", "/usr/local/bin", "/snap/bin"];
const APPLICATIONS = ["Google Chrome", "Chromium"].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);

/** The path of a Chromium of this machine: `CHROMIUM_PATH`, or one in the usual places; null where there is none. */
export function findChromium(): string | null {
  const { CHROMIUM_PATH: given, PATH = "" } = process.env;
  if (given) return given;
  const folders = [...PATH.split(":"), ...FOLDERS];
  const programs = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...programs, ...APPLICATIONS].find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const CHROMIUM = findChromium();

/** Starts it, with no window. */
export function launchChromium(): Promise<Browser> {
  if (CHROMIUM === null) throw new Error("no Chromium was found; CHROMIUM_PATH says where one is");
  // Its sandbox does not work for root, whom containers often are.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: CHROMIUM, args });
}
