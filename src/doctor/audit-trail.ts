import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { STANDARD_STREAM } from "../audit/open-audit.ts";
import type { Config } from "../config/config.ts";
import type { Finding } from "./finding.ts";
import { whyNoFileIn, whyNotAppendable } from "./paths.ts";

/** Whether the server can write the audit trail. Writes nothing. */
export async function lookAtAuditTrail({ audit }: Config): Promise<Finding[]> {
  if (audit === null) return [];
  const finding = (ok: boolean | null, says: string): Finding[] => [{ what: "AUDIT_LOG", ok, says }];
  if (audit.path === STANDARD_STREAM) return finding(true, "is written to the server's standard output");
  const path = resolve(audit.path);
  if (existsSync(path)) {
    if (statSync(path).isDirectory()) return finding(false, `${path} is a folder: set the path of a file`);
    const refusal = whyNotAppendable(path);
    return refusal === null ? finding(true, `${path} can be written`) : finding(false, refusal);
  }
  const folder = dirname(path);
  if (!existsSync(folder)) return finding(false, `the folder ${folder} does not exist: create it`);
  const refusal = whyNoFileIn(folder);
  return refusal === null ? finding(true, `the first start creates ${path}`) : finding(false, refusal);
}
