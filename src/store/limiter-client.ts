import { CompiledQuery } from "kysely";
import { DatabaseUnavailable } from "../errors.ts";
import { Deadline } from "./deadline.ts";
import type { Database } from "./engine.ts";
import type { LimiterClient } from "./store.ts";

/** The limit for one query, in milliseconds. It is short, because the request still needs time for the ledger. */
const LIMITER_PATIENCE = 500;
/** How long queries fail at once after a failure, in milliseconds. */
const REST = 1000;

/** PostgreSQL's clock in epoch milliseconds. It is constant within a statement, so that no window ends in the middle of one. */
const NOW = "cast(extract(epoch from statement_timestamp()) * 1000 as bigint)";

/** Larger numbers are instants in epoch milliseconds; smaller ones are points. */
const FIRST_INSTANT = 1e12;

/** Runs the limiter's queries on PostgreSQL, over the server's connections. */
export function limiterClient({ kysely }: Pick<Database, "kysely">): LimiterClient {
  let restsUntil = Number.NEGATIVE_INFINITY;
  return {
    table: "quota_points",
    async query({ text, values }) {
      if (performance.now() < restsUntil) throw new DatabaseUnavailable("it failed less than a second ago");
      try {
        const work = kysely.executeQuery<Record<string, unknown>>(byDatabaseClock(text, values, Date.now()));
        return await new Deadline(LIMITER_PATIENCE).within(work, unanswered);
      } catch (error) {
        restsUntil = performance.now() + REST;
        throw error;
      }
    },
  };
}

function unanswered(): Error {
  return new DatabaseUnavailable("it did not answer in time");
}

/**
 * Moves the instants of a query from this server's clock, which the limiter uses, to the database's, and back in the result.
 * The query has no name: a prepared statement would stay in the connection, which a pooler shares.
 */
function byDatabaseClock(text: string, values: readonly unknown[], now: number): CompiledQuery {
  const here = `$${values.length + 1}::bigint`;
  const moved = values.reduce<string>((text, value, i) => {
    const isInstant = typeof value === "number" && value > FIRST_INSTANT;
    const place = `$${i + 1}`;
    return isInstant ? text.replaceAll(place, () => `(${place}::bigint - ${here} + ${NOW})`) : text;
  }, text);
  const answered = moved.replace(
    "RETURNING points, expire",
    (found) => `${found} - ${NOW} + ${here} AS expire`,
  );
  return CompiledQuery.raw(answered, [...values, now]);
}
