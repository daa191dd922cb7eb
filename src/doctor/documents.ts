import type { Config } from "../config/config.ts";
import type { Finding } from "./finding.ts";

/** What the manifest of trusted documents has. Whether the schema has what they ask for, the start finds out. */
export async function lookAtDocuments({ trustedDocuments }: Config): Promise<Finding[]> {
  if (trustedDocuments === null) return [];
  const { enforce, manifest } = trustedDocuments;
  const others = enforce ? "others are refused" : "others are executed and logged";
  return [
    { what: "TRUSTED_DOCUMENTS", ok: true, says: `the manifest has ${manifest.size} documents; ${others}` },
  ];
}
