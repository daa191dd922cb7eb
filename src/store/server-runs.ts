import { type Kysely, sql } from "kysely";
import { noteRun } from "../domain/retention.ts";
import type { Database, Engine } from "./engine.ts";
import type { ServerRuns } from "./store.ts";
import type { Tables } from "./tables.ts";

/** The times when servers ran, in a SQL database: a row for each run. A new run begins after a gap of an hour. */
export function serverRuns({ kysely, engine }: Database): ServerRuns {
  return {
    clock: () => clockOf(kysely, engine),

    note: () =>
      kysely.transaction().execute(async (transaction) => {
        const issuedAt = (order: "asc" | "desc") =>
          transaction.selectFrom("issued_tokens").select("issued_at").orderBy("position", order).limit(1);
        const now = await clockOf(transaction, engine);
        const newest = (await issuedAt("desc").executeTakeFirst())?.issued_at ?? null;
        const oldest = (await issuedAt("asc").executeTakeFirst())?.issued_at ?? null;
        const known = await transaction
          .selectFrom("server_runs")
          .select(["began_at as began", "seen_at as seen"])
          .orderBy("began_at")
          .execute();
        const runs = noteRun(known, now, newest);
        await transaction
          .deleteFrom("server_runs")
          .where("began_at", ">", runs.at(-1)?.began ?? 0)
          .execute();
        await transaction
          .insertInto("server_runs")
          // The last two, because the first note may add both.
          .values(runs.slice(-2).map(({ began, seen }) => ({ began_at: began, seen_at: seen })))
          .onConflict((conflict) =>
            conflict.column("began_at").doUpdateSet({ seen_at: ({ ref }) => ref("excluded.seen_at") }),
          )
          .execute();
        return { now, oldest, newest, runs };
      }),
  };
}

async function clockOf(kysely: Kysely<Tables>, { clock }: Engine): Promise<number> {
  const { rows } = await sql<{ now: number }>`select ${clock} as now`.execute(kysely);
  return Number(rows[0]?.now);
}
