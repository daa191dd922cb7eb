import { quote } from "../errors.ts";
import type { Environment } from "./environment.ts";
import { onOrOff } from "./variables.ts";

/** Where the audit trail goes. */
export interface AuditConfig {
  /** The path of a file; `-` for a standard stream. */
  readonly path: string;
  /** Whether nothing is issued while it cannot be written. */
  readonly required: boolean;
}

/** A word that other programs take for a stream or a switch would be the name of a file. */
function filePath(value: string): string {
  if (!/^(std(out|err)|on|off|true|false|yes|no|[01])$/i.test(value)) return value;
  throw new Error(`must be the path of a file, or - for standard output; ${quote(value)} was given`);
}

/** Null when no audit trail is kept. */
export function auditOf(env: Environment): AuditConfig | null {
  env.require("AUDIT_LOG", "AUDIT_REQUIRED=on");
  const path = env.read("AUDIT_LOG", filePath);
  const required = env.read("AUDIT_REQUIRED", onOrOff);
  return path === null ? null : { path, required };
}
