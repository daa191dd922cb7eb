import { describe, expect, it } from "vitest";
import { stringifyResult } from "../../src/graphql/stringify.ts";
import { turnsDuring } from "../support/event-loop.ts";

const long = Array.from({ length: 1001 }, (_, i) => ({ i, text: '"é🙂' }));

describe("stringifyResult", () => {
  it.each<[string, { data?: Record<string, unknown> | null }]>([
    ["an answer without data", { errors: [{ message: "no" }] } as object],
    ["data that is null", { data: null }],
    ["short lists", { data: { list: [1, 2], none: [] } }],
    ["a long list among others", { data: { one: 1, list: long, none: null, 'odd"name': long.slice(500) } }],
    [
      "a long list beside errors",
      { errors: [{ message: "no" }], data: { list: long }, extensions: { a: 1 } } as object,
    ],
    ["a long list beside what is undefined", { errors: undefined, data: { list: long } } as object],
  ])("writes %s as JSON.stringify does", async (_, result) => {
    expect(JSON.parse(await stringifyResult(result))).toEqual(JSON.parse(JSON.stringify(result)));
    expect(await stringifyResult(result)).toHaveLength(JSON.stringify(result).length + 1);
  });

  it("writes a long list in several turns of the event loop", async () => {
    const turns = await turnsDuring(() => stringifyResult({ data: { list: long } }));
    expect(turns).toBeGreaterThanOrEqual(10);
  });
});
