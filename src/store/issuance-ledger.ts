import type { Insertable, Selectable } from "kysely";
import { LRUCache } from "lru-cache";
import type { TokenFormat } from "../domain/connection-token.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import type { Role } from "../domain/role.ts";
import { LedgerUnavailable } from "../errors.ts";
import { PATIENCE } from "./deadline.ts";
import type { Database } from "./engine.ts";
import { groupCommit } from "./group-commit.ts";
import type { IssuanceLedger } from "./store.ts";
import type { IssuedTokenTable } from "./tables.ts";

/** How long a check that succeeded is believed, in milliseconds: who asks for health must not keep the disk busy. */
const BELIEVED = 500;

/** Is told that records cannot be written any more, with the cause, or, with null, that they can be again. */
export type LedgerListener = (cause: unknown) => void;

/**
 * The ledger in a SQL database.
 *
 * @param onChange is told when it begins to fail, and why, and with null when records are written again
 */
export function issuanceLedger({ kysely, engine }: Database, onChange: LedgerListener): IssuanceLedger {
  let failing = false;
  const write = async (group: readonly IssuedToken[]): Promise<void> => {
    try {
      await kysely.insertInto("issued_tokens").values(group.map(toRow)).execute();
    } catch (error) {
      if (!failing) onChange(error);
      failing = true;
      throw new LedgerUnavailable();
    }
    if (failing) onChange(null);
    failing = false;
  };
  const record = groupCommit(write, PATIENCE, () => new LedgerUnavailable());

  const checks = new LRUCache<"written", boolean>({
    max: 1,
    ttl: BELIEVED,
    fetchMethod: async () => {
      await kysely
        .insertInto("ledger_checks")
        .values({ id: 1, checked_at: engine.clock })
        .onConflict((conflict) => conflict.column("id").doUpdateSet({ checked_at: engine.clock }))
        .execute();
      return true;
    },
  });

  return {
    record,

    async newest(sessionId, limit, position) {
      let query = kysely.selectFrom("issued_tokens").selectAll().where("session_id", "=", sessionId);
      if (position !== null) query = query.where("position", "<", position);
      const rows = await query.orderBy("position", "desc").limit(limit).execute();
      return rows.map((row) => ({ position: row.position, issued: toIssuedToken(row) }));
    },

    async purge(instant, limit, position) {
      const from = position ?? 0;
      const seen = await kysely
        .selectFrom("issued_tokens")
        .select(["position", "issued_at"])
        .where("position", ">", from)
        .orderBy("position")
        .limit(limit)
        .execute();
      const last = seen.at(-1)?.position ?? null;
      if (!seen.some((row) => row.issued_at < instant.getTime())) return { forgotten: 0, last };
      const { numDeletedRows } = await kysely
        .deleteFrom("issued_tokens")
        .where("position", ">", from)
        .where("position", "<=", last)
        .where("issued_at", "<", instant.getTime())
        .executeTakeFirst();
      return { forgotten: Number(numDeletedRows), last };
    },

    async check() {
      await checks.fetch("written");
    },
  };
}

/** The ledger of one who keeps none any more: tokens are issued without a record. */
export function withoutRecords(ledger: IssuanceLedger): IssuanceLedger {
  return { ...ledger, async record() {}, async check() {} };
}

function toRow(issued: IssuedToken): Insertable<IssuedTokenTable> {
  return {
    id: issued.id,
    session_id: issued.sessionId,
    role: issued.role,
    format: issued.format,
    issued_to: issued.issuedTo,
    issued_at: issued.issuedAt.getTime(),
    expires_at: issued.expiresAt.getTime(),
  };
}

function toIssuedToken(row: Selectable<IssuedTokenTable>): IssuedToken {
  return {
    id: row.id,
    sessionId: row.session_id,
    role: row.role as Role,
    format: row.format as TokenFormat,
    issuedTo: row.issued_to,
    issuedAt: new Date(row.issued_at),
    expiresAt: new Date(row.expires_at),
  };
}
