import { describe, expect, it } from "vitest";
import { workOf, wrongIn } from "../../bench/soak/work.js";

const NOTHING = { sessions: 0, tokens: 0, tokensOfSession: 0 };
const WRONG = "not what was asked for";

/** Why these data are a wrong answer to a request of that kind. */
function wrongIf(kind: string, onRecord: typeof NOTHING, data: unknown) {
  const work = Array.from({ length: 1000 }, (_, i) => workOf(i)).find(({ name }) => name === kind);
  if (!work) throw new Error(`there is no ${kind}`);
  return wrongIn(work, onRecord, 200, JSON.stringify({ data }));
}

const sessions = (nodes: unknown) => ({ sessions: { nodes } });
const issued = (page: unknown) => ({ session: { issuedTokens: page } });
const period = (...counts: number[]) => ({ counts: counts.map((count) => ({ count })) });

describe("an answer to a soak", () => {
  it.each([
    ["a page of sessions", { ...NOTHING, sessions: 1 }, sessions([]), sessions([{}])],
    [
      "a page of issuedTokens",
      { ...NOTHING, tokensOfSession: 1 },
      issued({ nodes: [] }),
      issued({ nodes: [{}] }),
    ],
    [
      "the number of sessions",
      { ...NOTHING, sessions: 3 },
      { sessions: { totalCount: 2 } },
      { sessions: { totalCount: 3 } },
    ],
    [
      "the number of issuedTokens",
      { ...NOTHING, tokensOfSession: 20_000 },
      issued({ totalCount: 9999 }),
      issued({ totalCount: 10_000 }),
    ],
    [
      "issuances",
      { ...NOTHING, tokens: 1 },
      { issuances: [period(), period(0)] },
      { issuances: [period(), period(0, 1)] },
    ],
  ])("that is %s must have what is on record", (kind, onRecord, less, enough) => {
    expect(wrongIf(kind, onRecord, less)).toBe(WRONG);
    expect(wrongIf(kind, onRecord, enough)).toBeNull();
    expect(wrongIf(kind, NOTHING, enough)).toBeNull();
  });

  it.each([
    ["a page of sessions", sessions([]), sessions("")],
    ["a page of issuedTokens", issued({ nodes: [] }), issued({})],
    ["the number of sessions", { sessions: { totalCount: 0 } }, { sessions: {} }],
    [
      "the number of issuedTokens",
      issued({ totalCount: 0 }),
      issued({ totalCount: null, nodes: [] }).session,
    ],
    ["issuances", { issuances: [] }, { issuances: null }],
  ])("that is %s may be empty while nothing is, but not be of another form", (kind, empty, other) => {
    expect(wrongIf(kind, NOTHING, empty)).toBeNull();
    expect(wrongIf(kind, NOTHING, other)).toBe(WRONG);
  });
});
