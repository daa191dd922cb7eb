import type { Environment } from "./environment.ts";
import { onOrOff } from "./variables.ts";

/** Where the audit trail goes. */
export interface AuditConfig {
  /** The path of a file; `-` for a standard stream. */
  readonly path: string;
  /** Whether nothing is issued while it cannot be written. */
  readonly required: boolean;
}

/** Null when no audit trail is kept. */
export function auditOf(env: Environment): AuditConfig | null {
  env.require("AUDIT_LOG", "AUDIT_REQUIRED=on");
  const path = env.get("AUDIT_LOG") ?? null;
  const required = env.read("AUDIT_REQUIRED", onOrOff);
  return path === null ? null : { path, required };
}
