import type { Config } from "../config/config.ts";
import type { Finding } from "./finding.ts";

/** The number of trusted documents in the manifest. Only the start checks them against the schema. */
export async function lookAtDocuments({ trustedDocuments }: Config): Promise<Finding[]> {
  if (trustedDocuments === null) return [];
  const { enforce, manifest } = trustedDocuments;
  const others = enforce ? "others are refused" : "others are executed and logged";
  return [
    { what: "TRUSTED_DOCUMENTS", ok: true, says: `the manifest has ${manifest.size} documents; ${others}` },
  ];
}
