import { userInfo } from "node:os";
import type { AuditTrail } from "../audit/audit-trail.ts";
import { openAudit } from "../audit/open-audit.ts";
import type { AuditConfig } from "../config/audit.ts";
import { parseAudit, readEnvironment } from "../config/config.ts";
import { AuditUnavailable } from "../errors.ts";
import { Refusal } from "./refusal.ts";

/** Who typed a command, as the audit trail names them: `operator:` and the user of the operating system. */
export function operatorId(): string {
  return `operator:${userName()}`;
}

/** A container's user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}

/**
 * Does something that the audit trail is told, the server's own. `-` is standard error here, as commands print what they are for.
 *
 * @throws {StartupError} when the trail cannot be opened
 * @throws {Refusal} when it must be written and cannot be
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
    if (reason !== "") process.stderr.write(`AUDIT_LOG: the audit trail lacks this: ${reason}\n`);
    return done;
  } catch (error) {
    if (!(error instanceof AuditUnavailable)) throw error;
    throw new Refusal(error.extensions.code, `${error.message} (AUDIT_LOG: ${reason})`);
  } finally {
    await audit.close();
  }
}
