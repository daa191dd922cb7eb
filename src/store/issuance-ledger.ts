import { randomUUID } from "node:crypto";
import { CompiledQuery, type Insertable, type Selectable, sql } from "kysely";
import type { Inadmissible } from "../domain/admission.ts";
import { TokenFormat } from "../domain/connection-token.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import { Role } from "../domain/role.ts";
import { LedgerUnavailable } from "../errors.ts";
import { type Admits, admission, refusals, requestRemovals } from "./admission.ts";
import { PATIENCE } from "./deadline.ts";
import type { Database, Engine } from "./engine.ts";
import { groupCommit } from "./group-commit.ts";
import { beginningOf, countOfWalk, newestOf, pageOfWalk } from "./ledger-queries.ts";
import { changing, lockChanges } from "./participant-changes.ts";
import type { IssuanceLedger } from "./store.ts";
import type { IssuedTokenTable } from "./tables.ts";

/** How long a successful commit or trial write counts, in milliseconds, so that health checks do not keep the disk busy. */
const BELIEVED = 500;
/**
 * How long a failed commit counts, in milliseconds. After that a trial write decides, because a load balancer may send no
 * more requests that would test the ledger.
 */
const FAILURE_COUNTS = 1500;

/** Receives the state of the ledger. */
export interface LedgerListener {
  /** Called with the cause when records can no longer be written, and with null when they can be again. */
  readonly onChange?: (cause: unknown) => void;
  /** Called for each commit, `done` or failed, with its number of records and its duration in milliseconds. */
  readonly onCommit?: (records: number, milliseconds: number, done: boolean) => void;
}

/** The ledger in a SQL database. */
export function issuanceLedger(
  { kysely, reads, engine }: Database,
  { onChange = () => {}, onCommit = () => {} }: LedgerListener,
): IssuanceLedger {
  let failing = false;
  let latestSuccess = Number.NEGATIVE_INFINITY;
  let latestFailure: { readonly at: number; readonly cause: unknown } | null = null;
  const { clock } = engine;
  const { unlimited, exact } = admission(kysely, engine);
  /** Why some of the tokens were not inserted. */
  const insert = async (group: readonly IssuedToken[]): Promise<Refused> => {
    const { numAffectedRows } = await kysely.executeQuery(insertion(group, engine, unlimited));
    return Number(numAffectedRows) === group.length ? NONE_REFUSED : insertRest(group, new Map());
  };
  /** Inserts those that are missing, except those for whose refusal there is still a reason. */
  const insertRest = async (group: readonly IssuedToken[], refused: Map<string, Inadmissible>) => {
    for (;;) {
      const rest = await missing(group.filter(({ id }) => !refused.has(id)));
      for (const [id, why] of await refusals(kysely, engine, rest)) refused.set(id, why);
      const again = rest.filter(({ id }) => !refused.has(id));
      if (again.length === 0) return refused;
      await changing(kysely, (transaction) => transaction.executeQuery(insertion(again, engine, exact)));
    }
  };
  const missing = async (group: readonly IssuedToken[]) => {
    if (group.length === 0) return [];
    const ids = group.map(({ id }) => id);
    const rows = await kysely.selectFrom("issued_tokens").select("id").where("id", "in", ids).execute();
    const found = new Set(rows.map(({ id }) => id));
    return group.filter(({ id }) => !found.has(id));
  };
  const write = async (group: readonly IssuedToken[]): Promise<Refused> => {
    const begin = performance.now();
    let failure: { readonly cause: unknown } | null = null;
    let refused = NONE_REFUSED;
    try {
      refused = await insert(group);
    } catch (cause) {
      failure = { cause };
    }
    const end = performance.now();
    onCommit(group.length, end - begin, failure === null);
    if (failure === null) latestSuccess = end;
    latestFailure = failure && { at: end, cause: failure.cause };
    if (failing !== (failure !== null)) onChange(failure?.cause ?? null);
    failing = failure !== null;
    if (failing) throw new LedgerUnavailable();
    return refused;
  };
  const record = groupCommit(write, PATIENCE, () => new LedgerUnavailable());

  let latestTrial = Number.NEGATIVE_INFINITY;
  let trying: Promise<void> | null = null;
  /**
   * Commits a record that the same transaction deletes, so that no query sees it. It is as large as a real one, because a full disk may
   * have room for a smaller row. It must commit, because SQLite writes nothing to the disk before.
   */
  const trial = async () => {
    const record = madeUpRecord();
    await changing(kysely, async (transaction) => {
      await transaction.executeQuery(insertion([record], engine, unlimited));
      await transaction.deleteFrom("issued_tokens").where("id", "=", record.id).execute();
    });
    latestTrial = performance.now();
  };

  return {
    isKept: true,

    async record(issued) {
      const refused = (await record(issued)) ?? NONE_REFUSED;
      if (refused.size === 0) return refused;
      const own = new Set(issued.map(({ id }) => id));
      return new Map([...refused].filter(([id]) => own.has(id)));
    },

    revoke: (id) =>
      changing(kysely, async (transaction) => {
        await lockChanges(transaction, engine);
        const row = await transaction
          .updateTable("issued_tokens")
          .set({ revoked_at: sql<number>`coalesce(revoked_at, ${clock})` })
          .where("id", "=", id)
          .returningAll()
          .executeTakeFirst();
        if (!row) return null;
        await requestRemovals(transaction, engine, {
          sessionId: row.session_id,
          column: "token_id",
          value: id,
        });
        return toIssuedToken(row);
      }),

    async revoked(ids) {
      const rows = await reads
        .selectFrom("issued_tokens")
        .select("id")
        .where("id", "in", ids)
        .where("revoked_at", "is not", null)
        .execute();
      return new Set(rows.map(({ id }) => id));
    },

    async newest(sessionIds, limit, position) {
      const walks = sessionIds.map((id) => {
        const walk = newestOf(engine, sql`*`, ["session_id", id], limit, position);
        return sql`select * from (${walk}) as walk`;
      });
      const all = sql<Selectable<IssuedTokenTable>>`
        select * from (${sql.join(walks, sql` union all `)}) as newest order by position desc`;
      const { rows } = await engine.walk(reads, all);
      return rows.map((row) => ({ position: row.position, issued: toIssuedToken(row) }));
    },

    async count(sessionIds, limit) {
      const counts = sessionIds.map(
        (id, i) => sql`
          select ${sql.lit(i)} as place, count(*) as count
          from (${newestOf(engine, sql`position`, ["session_id", id], limit, null)}) as walk`,
      );
      const all = sql<{ count: number }>`${sql.join(counts, sql` union all `)} order by place`;
      const { rows } = await engine.walk(reads, all);
      return rows.map(({ count }) => Number(count));
    },

    async findMany(ids) {
      const all = sql<Selectable<IssuedTokenTable>>`
        select * from issued_tokens where id in (${sql.join([...ids])})`;
      const { rows } = await engine.walk(reads, all);
      return rows.map(toIssuedToken);
    },

    async list(walk, limit, after) {
      const page = pageOfWalk(engine, walk, limit, after);
      if (!page) return [];
      const { rows } = await engine.walk(reads, page);
      return rows.map((row) => ({ position: row.position, issued: toIssuedToken(row) }));
    },

    async countWalk(walk, filter, limit, alike) {
      const counting = countOfWalk(engine, walk, filter, limit, alike);
      if (!counting) return [];
      const { rows } = await engine.walk(reads, counting);
      return rows.map(({ one_session, looked, count }) => {
        return { sessionId: one_session, looked: Number(looked), count: Number(count) };
      });
    },

    async tally(interval, limit, position, alike) {
      let newest = reads
        .selectFrom("issued_tokens")
        .select(["position", "session_id", "role", "issued_at"])
        .orderBy("position", "desc")
        .limit(limit);
      if (position !== null) newest = newest.where("position", "<", position);
      const rows = await reads
        .selectFrom(newest.as("newest"))
        .select(({ fn }) => [
          // A literal, because PostgreSQL takes parameters here and in `group by` for different values.
          sql<number>`issued_at / ${sql.lit(interval)}`.as("period"),
          "role",
          fn.min("session_id").as("one_session"),
          fn.countAll().as("count"),
          fn.min("position").as("last"),
        ])
        .groupBy(["period", "role", beginningOf(alike)])
        .execute();
      if (rows.length === 0) return { tallies: [], end: null };
      const tallies = rows.map((row) => ({
        period: Number(row.period),
        role: row.role as Role,
        sessionId: row.one_session,
        count: Number(row.count),
      }));
      const latest = Math.max(...tallies.map(({ period }) => period));
      return { tallies, end: { position: Math.min(...rows.map(({ last }) => Number(last))), latest } };
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
        // A revoked token that is forgotten would work again.
        .where(({ or, eb }) => or([eb("revoked_at", "is", null), eb("expires_at", "<", clock)]))
        .executeTakeFirst();
      return { forgotten: Number(numDeletedRows), last };
    },

    async check() {
      const now = performance.now();
      if (now - latestSuccess < BELIEVED) return;
      if (latestFailure && now - latestFailure.at < FAILURE_COUNTS) {
        throw new LedgerUnavailable(latestFailure.cause);
      }
      if (now - latestTrial < BELIEVED) return;
      trying ??= trial().finally(() => {
        trying = null;
      });
      await trying.catch((cause) => {
        throw new LedgerUnavailable(cause);
      });
    },
  };
}

/** Why tokens were not recorded, by their IDs. */
type Refused = ReadonlyMap<string, Inadmissible>;
const NONE_REFUSED: Refused = new Map();

/** A ledger that records nothing, for `LEDGER=off`. Earlier records can still be read. */
export function withoutRecords(ledger: IssuanceLedger): IssuanceLedger {
  return {
    ...ledger,
    isKept: false,
    record: async () => NONE_REFUSED,
    revoked: async () => new Set(),
    async check() {},
  };
}

/** A record for trial writes, as large as a real one. */
function madeUpRecord(): IssuedToken {
  return {
    id: randomUUID(),
    sessionId: "trial".padEnd(100, "-"),
    role: Role.MODERATOR,
    format: TokenFormat.JWT,
    issuedTo: "trial",
    issuedAt: new Date(0),
    expiresAt: new Date(0),
    identity: null,
    revokedAt: null,
    fingerprint: "-".repeat(22),
  };
}

/** The columns that the database does not fill itself, in the order of `valuesOf`. */
const COLUMNS = [
  "id",
  "session_id",
  "role",
  "format",
  "issued_to",
  "issued_at",
  "expires_at",
  "identity",
  "data_fingerprint",
] as const satisfies (keyof Insertable<IssuedTokenTable>)[];

const COLUMN_TYPES = COLUMNS.map((column) => (column.endsWith("_at") ? "bigint" : "text"));

/**
 * An insert in plain SQL, because for a thousand records Kysely's builder takes as long as the database. A value that all
 * records share is one parameter, because passing a value takes as long as writing it. A batch shares most values.
 */
function insertion(group: readonly IssuedToken[], { parameter }: Engine, admits: Admits): CompiledQuery {
  const rows = group.map(valuesOf);
  const [first = []] = rows;
  const parameters: unknown[] = [];
  const bound = (value: unknown) => parameter(parameters.push(value));
  const shared = first.map((value, i) => (rows.every((row) => row[i] === value) ? bound(value) : null));
  const texts = rows.map((row, place) => {
    const values = row.map((value, i) => shared[i] ?? bound(value));
    // PostgreSQL takes parameters here for texts, unless the first row says otherwise.
    const typed = place > 0 ? values : values.map((value, i) => `cast(${value} as ${COLUMN_TYPES[i]})`);
    return `(${typed.join(", ")})`;
  });
  const sessions = [...new Set(group.map(({ sessionId }) => sessionId))].map(bound);
  const columns = COLUMNS.join(", ");
  const text = `with new (${columns}) as (values ${texts.join(", ")})
    insert into issued_tokens (${columns}) select ${columns} from new where ${admits(sessions)}`;
  return CompiledQuery.raw(text, parameters);
}

function valuesOf(issued: IssuedToken): unknown[] {
  return [
    issued.id,
    issued.sessionId,
    issued.role,
    issued.format,
    issued.issuedTo,
    issued.issuedAt.getTime(),
    issued.expiresAt.getTime(),
    issued.identity,
    issued.fingerprint,
  ];
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
    identity: row.identity,
    revokedAt: row.revoked_at === null ? null : new Date(row.revoked_at),
    fingerprint: row.data_fingerprint,
  };
}
