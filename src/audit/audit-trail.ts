import { roleName } from "../domain/role.ts";
import { jsonLine } from "../domain/text.ts";
import { AuditUnavailable, reasonOf } from "../errors.ts";
import { PATIENCE } from "../store/deadline.ts";
import { groupCommit } from "../store/group-commit.ts";
import { type Actor, type Audit, actorOf, NO_AUDIT } from "./audit.ts";
import type { Destination } from "./destination.ts";
import { refusalLines } from "./refusal-lines.ts";

/** The longest ID of a caller, in characters: any `sub` that is accepted fits, escaped, with its issuer. */
const MAX_CALLER_LENGTH = 2000;
/** The longest reason, in characters. */
const MAX_REASON_LENGTH = 300;
/** How much may wait to be written, in characters: some 25,000 lines. */
const MAX_WAITING = 8 * 1024 * 1024;

/** How an audit trail is kept. */
export interface AuditRules {
  /** Whether nothing is issued while it cannot be written; otherwise lines are lost. */
  readonly required: boolean;
  readonly now: () => Date;
  /** Is told why it cannot be written any more. */
  readonly onFailure: (reason: string) => void;
  /** Is told that it is written again, and how many lines were lost. */
  readonly onRecovery: (lost: number) => void;
}

/** An audit trail that is written somewhere. */
export interface AuditTrail extends Audit {
  /** Goes on in the file that has its name now. */
  reopen(): void;

  /**
   * Rejects while it must be written and cannot be. After a failure it tries to write what the trail lacks.
   *
   * @throws {AuditUnavailable} within two seconds
   */
  check(): Promise<void>;

  /** Writes what waits, within two seconds, and ends. */
  close(): Promise<void>;
}

/** Of who keeps none. */
export const NO_AUDIT_TRAIL: AuditTrail = { ...NO_AUDIT, reopen() {}, async check() {}, async close() {} };

/** An event with what is known of it; what is undefined is not written. */
interface Event extends Actor {
  readonly event: string;
  readonly [member: string]: string | number | undefined;
}

/** The audit trail as lines of JSON. What happens together is written together. */
export function auditTrail(
  destination: Destination,
  { required, now, onFailure, onRecovery }: AuditRules,
): AuditTrail {
  let waiting = 0;
  let isWriting = false;
  let isFailing = false;
  /** Lines that the trail lacks and does not say so yet, and all since it began to fail. */
  let lost = 0;
  let lostInAll = 0;

  const write = async (lines: readonly string[]): Promise<void> => {
    // After its deadline a write may hang for ever, and must not be joined by another every two seconds.
    if (isWriting) throw new Error("the write before does not end");
    isWriting = true;
    const told = lost;
    const gap = told > 0 ? jsonLine({ time: now().toISOString(), event: "audit.lost", lines: told }) : "";
    try {
      await destination.write(gap + lines.join(""));
      lost -= told;
      // Others may have been lost while this was written.
      if (isFailing && lost === 0) {
        onRecovery(lostInAll);
        isFailing = false;
        lostInAll = 0;
      }
    } finally {
      isWriting = false;
    }
  };
  const append = groupCommit(write, PATIENCE, () => new Error("it was not written within two seconds"));

  /** @throws {AuditUnavailable} when the lines are lost */
  const record = async (events: readonly Event[]): Promise<void> => {
    const time = now().toISOString();
    const lines = events.map((event) => jsonLine({ time, ...event }));
    const length = lines.reduce((sum, line) => sum + line.length, 0);
    try {
      if (waiting + length > MAX_WAITING) throw new Error("too much waits to be written");
      waiting += length;
      await append(lines).finally(() => {
        waiting -= length;
      });
    } catch (error) {
      lost += lines.length;
      lostInAll += lines.length;
      if (!isFailing) onFailure(reasonOf(error));
      isFailing = true;
      throw new AuditUnavailable();
    }
  };
  const note = (event: Event) => void record([event]).catch(() => {});

  /** Nobody waits for what is known to fail, unless it must be written. */
  const issue = async (events: readonly Event[]): Promise<void> => {
    const mayWait = required || !isFailing;
    const recorded = record(events).catch((error) => {
      if (required) throw error;
    });
    if (mayWait) await recorded;
  };

  const refusals = refusalLines((actor, leftOut) =>
    note({ event: "refusals.leftOut", ...named(actor), refusals: leftOut }),
  );

  return {
    tokensIssued: (caller, tokens) => {
      const actor = named(actorOf(caller));
      return issue(
        tokens.map(({ id, sessionId, role, expiresAt }) => ({
          event: "token.issued",
          ...actor,
          sessionId,
          role: roleName(role),
          jti: id,
          expiresAt: expiresAt.toISOString(),
        })),
      );
    },
    sessionCreated: (caller, sessionId) =>
      issue([{ event: "session.created", ...named(actorOf(caller)), sessionId }]),
    keyCreated: (actor, { id, name, expiresAt }) =>
      issue([
        {
          event: "key.created",
          ...named(actor),
          key: `key:${id}`,
          name,
          expiresAt: expiresAt?.toISOString(),
        },
      ]),
    keyRevoked: (actor, keyId) =>
      record([{ event: "key.revoked", ...named(actor), key: `key:${keyId}` }]).catch(() => {}),
    refused(actor, { code, reason, sessionId, role }) {
      if (!refusals.take(actor)) return;
      const cut = reason.slice(0, MAX_REASON_LENGTH);
      note({ event: "request.refused", ...named(actor), code, reason: cut, sessionId, role });
    },
    purged: (records) => note({ event: "ledger.purged", records }),
    credentialsSwapped: () => note({ event: "credentials.swapped" }),

    reopen: () => destination.reopen(),
    async check() {
      if (!required || !isFailing) return;
      await append([""]).catch(() => {
        throw new AuditUnavailable();
      });
    },
    async close() {
      refusals.close();
      // After all that waits; and if it can, the trail says what it lacks.
      await append([""]).catch(() => {});
      await destination.close();
    },
  };
}

function named({ caller, address, requestId }: Actor): Actor {
  return { caller: caller?.slice(0, MAX_CALLER_LENGTH), address, requestId };
}
