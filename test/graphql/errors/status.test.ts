import type { GraphQLFormattedError } from "graphql";
import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../../src/errors.ts";
import { retryStatusOf } from "../../../src/graphql/errors/status.ts";

const failed = (code: ErrorCode, path?: (string | number)[], details = {}): GraphQLFormattedError => ({
  message: "…",
  ...(path && { path }),
  extensions: { code, ...details },
});
const ledger = failed("LEDGER_UNAVAILABLE", ["a"]);
const database = failed("DATABASE_UNAVAILABLE", ["b"]);
const limited = (retryAfterSeconds: number, path?: string[]) =>
  failed("RATE_LIMITED", path, { retryAfterSeconds });

describe("an answer that has nothing", () => {
  it.each<[string, Record<string, unknown> | null | undefined, GraphQLFormattedError[], object]>([
    ["for the ledger", null, [ledger], { status: 503, retryAfter: 2 }],
    ["for the database", null, [database], { status: 503, retryAfter: 2 }],
    ["for both", null, [ledger, database], { status: 503, retryAfter: 2 }],
    ["in fields that may be null", { a: null, b: null }, [ledger, database], { status: 503, retryAfter: 2 }],
    ["because of a nested field", null, [failed("LEDGER_UNAVAILABLE", ["a", "b"])], { status: 503 }],
    [
      "in every entity that a router asked for",
      { _entities: [null, null] },
      [0, 1].map((i) => failed("DATABASE_UNAVAILABLE", ["_entities", i])),
      { status: 503, retryAfter: 2 },
    ],
    ["for a limit", null, [limited(7, ["a"])], { status: 429, retryAfter: 7 }],
    ["for a limit, before it ran", undefined, [limited(1)], { status: 429, retryAfter: 1 }],
    [
      "for limits, the longest of which counts",
      null,
      [limited(7), limited(9), limited(8)],
      { retryAfter: 9 },
    ],
    ["for the database and a limit", null, [limited(7, ["a"]), database], { status: 503, retryAfter: 7 }],
  ])("fails %s", (_, data, errors, failure) => {
    expect(retryStatusOf(data, errors)).toMatchObject(failure);
  });
});

describe("an answer that does not fail as a whole", () => {
  it.each<[string, Record<string, unknown> | null, GraphQLFormattedError[]]>([
    ["has no errors", { a: null }, []],
    ["has one field with data", { a: null, b: {} }, [ledger]],
    ["has a field that is null by right", { a: null, b: null }, [ledger]],
    ["has an entity", { a: [null, {}] }, [failed("DATABASE_UNAVAILABLE", ["a", 0])]],
    ["has an entity that is null by right", { a: [null, null] }, [failed("DATABASE_UNAVAILABLE", ["a", 1])]],
    ["has an empty list", { a: [], b: null }, [database]],
    ["has a field with a part that failed", { a: { b: null } }, [failed("DATABASE_UNAVAILABLE", ["a", "b"])]],
    ["has an error of the caller's, too", null, [ledger, failed("FORBIDDEN", ["b"])]],
    ["has an error of the server's own", null, [failed("INTERNAL_SERVER_ERROR", ["a"])]],
    ["will fail again", null, [failed("LEDGER_UNAVAILABLE", ["a"], { retryable: false })]],
    ["lacks the platform alone", null, [failed("PLATFORM_UNAVAILABLE", ["a"], { retryable: true })]],
  ])("%s", (_, data, errors) => {
    expect(retryStatusOf(data, errors)).toBeNull();
  });
});
