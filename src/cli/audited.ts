import { userInfo } from "node:os";
import type { AuditTrail } from "../audit/audit-trail.ts";
import { openAudit } from "../audit/open-audit.ts";
import type { AuditConfig } from "../config/audit.ts";
import { parseAudit, readEnvironment } from "../config/config.ts";
import { AuditUnavailable } from "../errors.ts";
import { Refusal } from "./refusal.ts";

/** The operator's name in the audit trail: `operator:` and the user of the operating system. */
export function operatorId(): string {
  return `operator:${userName()}`;
}

/** The user's name, or its number, because a user in a container may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}

/**
 * Runs a command that writes to the server's audit trail. `AUDIT_LOG=-` means standard error here, as standard output has the result.
 *
 * @throws {StartupError} if the trail cannot be opened
 * @throws {Refusal} if the trail is required and cannot be written
 */
export async function audited<T>(
  act: (audit: AuditTrail) => Promise<T>,
  config: AuditConfig | null = parseAudit(...readEnvironment()),
): Promise<T> {
  let reason = "";
  const audit = await openAudit(config, process.stderr, {
    now: () => new Date(),
    onFailure(cause) {
      reason = cause;
    },
    onRecovery() {},
  });
  try {
    const done = await act(audit);
    if (reason !== "") process.stderr.write(`AUDIT_LOG: the audit trail lacks this command: ${reason}\n`);
    return done;
  } catch (error) {
    if (!(error instanceof AuditUnavailable)) throw error;
    throw new Refusal(error.extensions.code, `${error.message} (AUDIT_LOG: ${reason})`);
  } finally {
    await audit.close();
  }
}
