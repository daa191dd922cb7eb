import { readFileSync } from "node:fs";
import { parseManifest } from "./document-manifest.ts";
import type { Environment } from "./environment.ts";
import { choice } from "./variables.ts";

/** The trusted documents. */
export interface TrustedDocumentsConfig {
  /** Whether other documents are refused; otherwise they are executed and logged. */
  readonly enforce: boolean;
  /** The documents by their IDs. */
  readonly manifest: ReadonlyMap<string, string>;
}

/** Null if every document is executed and none has an ID. */
export function trustedDocumentsOf(env: Environment): TrustedDocumentsConfig | null {
  env.require("TRUSTED_DOCUMENTS_MANIFEST", "TRUSTED_DOCUMENTS=log", "TRUSTED_DOCUMENTS=enforce");
  const mode = env.read("TRUSTED_DOCUMENTS", choice("off", "log", "enforce"));
  const manifest = env.read("TRUSTED_DOCUMENTS_MANIFEST", readManifest);
  if (mode === "off") env.unused("TRUSTED_DOCUMENTS is off", "TRUSTED_DOCUMENTS_MANIFEST");
  return mode === "off" || !manifest ? null : { enforce: mode === "enforce", manifest };
}

function readManifest(path: string): ReadonlyMap<string, string> {
  let json: string;
  try {
    json = readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  return parseManifest(json);
}
