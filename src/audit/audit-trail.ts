import { roleName } from "../domain/role.ts";
import { jsonLine } from "../domain/text.ts";
import { AuditUnavailable, reasonOf } from "../errors.ts";
import { PATIENCE } from "../store/deadline.ts";
import { groupCommit } from "../store/group-commit.ts";
import { type Actor, type Audit, actorOf, NO_AUDIT } from "./audit.ts";
import type { Destination } from "./destination.ts";
import { refusalLines } from "./refusal-lines.ts";

/** The longest ID of a caller, in characters. Every accepted `sub` fits, escaped and with its issuer. */
const MAX_CALLER_LENGTH = 2000;
/** The longest reason, in characters. */
const MAX_REASON_LENGTH = 300;
/** The most text that may wait to be written, in characters: some 25,000 lines. */
const MAX_WAITING = 8 * 1024 * 1024;

/** The rules of an audit trail. */
export interface AuditRules {
  /** Whether issuing stops while the trail cannot be written; otherwise lines are lost. */
  readonly required: boolean;
  readonly now: () => Date;
  /** Receives the reason when the trail can no longer be written. */
  readonly onFailure: (reason: string) => void;
  /** Receives the number of lost lines when the trail is written again. */
  readonly onRecovery: (lost: number) => void;
}

/** An audit trail that is written somewhere. */
export interface AuditTrail extends Audit {
  /** Continues in the file that has its name now. */
  reopen(): void;

  /**
   * Rejects while a required trail cannot be written. After a failure it tries again.
   *
   * @throws {AuditUnavailable} within two seconds
   */
  check(): Promise<void>;

  /** Writes the waiting lines, within two seconds, and closes. */
  close(): Promise<void>;
}

/** An audit trail that writes nothing. */
export const NO_AUDIT_TRAIL: AuditTrail = { ...NO_AUDIT, reopen() {}, async check() {}, async close() {} };

/** An event and its details. Undefined members are not written. */
interface Event extends Actor {
  readonly event: string;
  readonly [member: string]: string | number | undefined;
}

/** The audit trail as lines of JSON. Events of the same moment are written together. */
export function auditTrail(
  destination: Destination,
  { required, now, onFailure, onRecovery }: AuditRules,
): AuditTrail {
  let waiting = 0;
  let isWriting = false;
  let isFailing = false;
  /** Lost lines that no `audit.lost` line reports yet. */
  let lost = 0;
  /** All lines lost since writing began to fail. */
  let lostInAll = 0;

  const write = async (lines: readonly string[]): Promise<void> => {
    // After its deadline, a write may hang forever. Another one must not start every two seconds.
    if (isWriting) throw new Error("the previous write has not finished");
    isWriting = true;
    const told = lost;
    const gap = told > 0 ? jsonLine({ time: now().toISOString(), event: "audit.lost", lines: told }) : "";
    try {
      await destination.write(gap + lines.join(""));
      lost -= told;
      // More lines may have been lost during this write.
      if (isFailing && lost === 0) {
        onRecovery(lostInAll);
        isFailing = false;
        lostInAll = 0;
      }
    } finally {
      isWriting = false;
    }
  };
  const append = groupCommit(write, PATIENCE, () => new Error("the write took longer than two seconds"));

  /** @throws {AuditUnavailable} if the lines are lost */
  const record = async (events: readonly Event[]): Promise<void> => {
    const time = now().toISOString();
    const lines = events.map((event) => jsonLine({ time, ...event }));
    const length = lines.reduce((sum, line) => sum + line.length, 0);
    try {
      if (waiting + length > MAX_WAITING) throw new Error("too many lines are waiting to be written");
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

  /** Waits for the write, unless it is known to fail and the trail is not required. */
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
        tokens.map(({ id, sessionId, role, identity, expiresAt }) => ({
          event: "token.issued",
          ...actor,
          sessionId,
          role: roleName(role),
          jti: id,
          identity: identity ?? undefined,
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
    acted: (caller, event, concerned) => {
      const members = Object.entries(concerned).filter(([, value]) => value !== null);
      return record([{ event, ...named(actorOf(caller)), ...Object.fromEntries(members) }]).catch(() => {});
    },
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
      // An empty write waits for all lines before it, and reports lost ones if it can.
      await append([""]).catch(() => {});
      await destination.close();
    },
  };
}

function named({ caller, address, requestId }: Actor): Actor {
  return { caller: caller?.slice(0, MAX_CALLER_LENGTH), address, requestId };
}
