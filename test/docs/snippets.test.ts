import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { CLAIMS, claimsOf } from "./claims.ts";
import { DOCUMENTS, placeOf, ROOT, snippets } from "./markdown.ts";
import { stopSharedServers } from "./server-for-snippets.ts";

afterAll(stopSharedServers);

const all = DOCUMENTS.flatMap(snippets);

describe("each snippet of the documents", () => {
  it.each(all.map((snippet) => [placeOf(snippet), snippet] as const))(
    "works: %s",
    async (_, snippet) => {
      const [claim, ...others] = claimsOf(snippet);
      if (!claim) throw new Error("no test runs it; put a claim for it into test/docs/claims.ts");
      expect(others).toEqual([]);
      if (typeof claim.run === "function") await claim.run(snippet);
      else expect(readFileSync(resolve(ROOT, claim.run.file), "utf8")).toContain(`"${snippet.document}"`);
    },
    60_000,
  );
});

it("each claim is about an existing snippet", () => {
  expect(CLAIMS.filter((claim) => !all.some((snippet) => claimsOf(snippet).includes(claim)))).toEqual([]);
});
