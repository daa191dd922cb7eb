import { quote } from "../errors.ts";
import type { Environment } from "./environment.ts";
import { onOrOff } from "./variables.ts";

/** The destination of the audit trail. */
export interface AuditConfig {
  /** The path of a file, or `-` for a standard stream. */
  readonly path: string;
  /** Whether the server issues nothing while the trail cannot be written. */
  readonly required: boolean;
}

/** Refuses words that other programs read as a stream or a switch; here they would name a file. */
function filePath(value: string): string {
  if (!/^(std(out|err)|on|off|true|false|yes|no|[01])$/i.test(value)) return value;
  throw new Error(`must be the path of a file, or - for standard output; ${quote(value)} was given`);
}

/** Null without an audit trail. */
export function auditOf(env: Environment): AuditConfig | null {
  env.require("AUDIT_LOG", "AUDIT_REQUIRED=on");
  const path = env.read("AUDIT_LOG", filePath);
  const required = env.read("AUDIT_REQUIRED", onOrOff);
  return path === null ? null : { path, required };
}
