import { randomUUID } from "node:crypto";
import { CompiledQuery, type Insertable, type Selectable, sql } from "kysely";
import { TokenFormat } from "../domain/connection-token.ts";
import type { IssuedToken } from "../domain/issued-token.ts";
import { Role } from "../domain/role.ts";
import { LedgerUnavailable } from "../errors.ts";
import { PATIENCE } from "./deadline.ts";
import type { Database, Engine } from "./engine.ts";
import { groupCommit } from "./group-commit.ts";
import { countOfWalk, newestOf, pageOfWalk } from "./ledger-queries.ts";
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
  const write = async (group: readonly IssuedToken[]): Promise<void> => {
    const begin = performance.now();
    let failure: { readonly cause: unknown } | null = null;
    try {
      await kysely.executeQuery(insertion(group, engine));
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
    await kysely.transaction().execute(async (transaction) => {
      await transaction.executeQuery(insertion([record], engine));
      await transaction.deleteFrom("issued_tokens").where("id", "=", record.id).execute();
    });
    latestTrial = performance.now();
  };

  return {
    record: (issued) => record(issued).then(() => new Map()),

    async revoke() {
      throw new Error("to do");
    },

    async revokedAt() {
      throw new Error("to do");
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

    async countWalk(walk, filter, limit) {
      const counting = countOfWalk(engine, walk, filter, limit);
      if (!counting) return [];
      const { rows } = await engine.walk(reads, counting);
      return rows.map(({ session_id, looked, count }) => {
        return { sessionId: session_id, looked: Number(looked), count: Number(count) };
      });
    },

    async tally(interval, limit, position) {
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
          "session_id",
          fn.countAll().as("count"),
          fn.min("position").as("last"),
        ])
        .groupBy(["period", "role", "session_id"])
        .execute();
      if (rows.length === 0) return { tallies: [], end: null };
      const tallies = rows.map((row) => ({
        period: Number(row.period),
        role: row.role as Role,
        sessionId: row.session_id,
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

/** A ledger that records nothing, for `LEDGER=off`. Earlier records can still be read. */
export function withoutRecords(ledger: IssuanceLedger): IssuanceLedger {
  return { ...ledger, record: async () => new Map(), revokedAt: async () => null, async check() {} };
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

/**
 * An insert in plain SQL, because for a thousand records Kysely's builder takes as long as the database. A value that all
 * records share is one parameter, because passing a value takes as long as writing it. A batch shares most values.
 */
function insertion(group: readonly IssuedToken[], { parameter }: Engine): CompiledQuery {
  const rows = group.map(valuesOf);
  const [first = []] = rows;
  const parameters: unknown[] = [];
  const bound = (value: unknown) => parameter(parameters.push(value));
  const shared = first.map((value, i) => (rows.every((row) => row[i] === value) ? bound(value) : null));
  const texts = rows.map((row) => `(${row.map((value, i) => shared[i] ?? bound(value)).join(", ")})`);
  const text = `insert into issued_tokens (${COLUMNS.join(", ")}) values ${texts.join(", ")}`;
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
    revokedAt: null,
    fingerprint: row.data_fingerprint,
  };
}
