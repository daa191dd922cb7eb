import { reasonOf, StartupError } from "../errors.ts";
import { type AuditRules, type AuditTrail, auditTrail, NO_AUDIT_TRAIL } from "./audit-trail.ts";
import { fileDestination, standardDestination } from "./destination.ts";

/** The path that means a standard stream. */
export const STANDARD_STREAM = "-";

/**
 * The audit trail as configured.
 *
 * @param config null for no audit trail.
 * @param stream the stream that `-` means.
 * @throws {StartupError} if the file cannot be opened
 */
export async function openAudit(
  config: { readonly path: string; readonly required: boolean } | null,
  stream: NodeJS.WriteStream & { fd: number },
  rules: Omit<AuditRules, "required">,
): Promise<AuditTrail> {
  if (config === null) return NO_AUDIT_TRAIL;
  const { path, required } = config;
  try {
    const destination = path === STANDARD_STREAM ? standardDestination(stream) : await fileDestination(path);
    return auditTrail(destination, { ...rules, required });
  } catch (error) {
    throw new StartupError([`AUDIT_LOG: cannot be opened: ${reasonOf(error)}`]);
  }
}
