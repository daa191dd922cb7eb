import pg from "pg";
import { expect, onTestFinished } from "vitest";
import { DatabaseUnavailable } from "../../src/errors.ts";
import { type DatabaseOptions, openDatabase } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import type { Database } from "../../src/store/engine.ts";
import { SLACK } from "./long.ts";
import { newDatabaseUrl } from "./stores.ts";

/** By when an unanswered use of the database has failed, in milliseconds: two seconds, plus the machine's noise. */
const LIMIT = 2500 + SLACK;
/** Until when it has not failed, in milliseconds. */
const PATIENT = 1500;

export const newUrl = (options?: { bare: boolean }) => newDatabaseUrl("PostgreSQL", options);

/** A database connection that is closed after the test. Concurrent tests pass their own `onTestFinished`. */
export async function newClient(
  url: string,
  config: pg.ClientConfig = {},
  whenOver = onTestFinished,
): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, ...config });
  // A test may close its connection.
  client.on("error", () => {});
  await client.connect();
  whenOver(() => client.end().catch(() => {}));
  return client;
}

/** A database that is closed after the test, like a connection. */
export async function openWith(
  url: string,
  options: DatabaseOptions,
  whenOver = onTestFinished,
): Promise<Database> {
  const database = await openDatabase(parseDatabaseUrl(url), options);
  whenOver(() => database.kysely.destroy().catch(() => {}));
  return database;
}

export async function failureOf(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(error instanceof Error)) throw new Error("it did not fail");
  return error;
}

/** Expects that the database call fails at its deadline. */
export async function expectGivenUp(use: () => Promise<unknown>): Promise<void> {
  const begin = performance.now();
  const error = await failureOf(use());
  const duration = performance.now() - begin;
  expect(error).toBeInstanceOf(DatabaseUnavailable);
  expect(duration).toBeLessThan(LIMIT);
  expect(duration).toBeGreaterThan(PATIENT);
}

/** Locks the sessions. Resolves to a function that unlocks them. */
export async function lockSessions(url: string, whenOver = onTestFinished): Promise<() => Promise<unknown>> {
  const client = await newClient(url, {}, whenOver);
  await client.query("begin");
  await client.query("lock table sessions in access exclusive mode");
  return () => client.query("commit");
}
