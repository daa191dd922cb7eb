import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { parseManifest } from "../../src/config/document-manifest.ts";
import { StartupError } from "../../src/errors.ts";
import { startServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const apollo = (operations: unknown, version: unknown = 1) =>
  JSON.stringify({ format: "apollo-persisted-query-manifest", version, operations });

describe("a manifest", () => {
  it("of the client preset gives the documents by their hashes", () => {
    expect([...parseManifest('{"a1":"{ x }","b2":"{ y }"}')]).toEqual([
      ["a1", "{ x }"],
      ["b2", "{ y }"],
    ]);
  });

  it("of Apollo's tools gives the documents by their IDs", () => {
    const manifest = apollo([
      { id: "a1", name: "X", type: "query", body: "query X { x }" },
      { id: "b2", name: "Y", type: "mutation", body: "mutation Y { y }" },
    ]);
    expect([...parseManifest(manifest)]).toEqual([
      ["a1", "query X { x }"],
      ["b2", "mutation Y { y }"],
    ]);
  });

  it("may have an ID that objects have a member of", () => {
    const manifest = parseManifest('{"__proto__":"{ x }","constructor":"{ y }"}');
    expect([manifest.get("__proto__"), manifest.get("constructor")]).toEqual(["{ x }", "{ y }"]);
    expect(parseManifest('{"a":"{ x }"}').get("toString")).toBeUndefined();
  });
});

const NOT_JSON = "is not JSON";
const NOT_OBJECT = "must be a JSON object";
const NONE = "has no documents";
const ENTRIES = "must give each document an ID and a text that are not empty";
const APOLLO = "must have version 1 and operations, because its format is apollo-persisted-query-manifest";

describe("a bad manifest is refused with the rule that it breaks", () => {
  it.each([
    ["nothing", "", NOT_JSON],
    ["half of one", '{"a":', NOT_JSON],
    ["GraphQL", "query { x }", NOT_JSON],
    ["null", "null", NOT_OBJECT],
    ["a list", '["{ x }"]', NOT_OBJECT],
    ["a string", '"{ x }"', NOT_OBJECT],
    ["a number", "1", NOT_OBJECT],
    ["no documents", "{}", NONE],
    ["no operations", apollo([]), NONE],
    ["an empty ID", '{"":"{ x }"}', ENTRIES],
    ["an empty text", '{"a":""}', ENTRIES],
    ["a text that is none", '{"a":1}', ENTRIES],
    ["a text that is null", '{"a":"{ x }","b":null}', ENTRIES],
    ["another format", '{"format":"other","version":1,"operations":[]}', ENTRIES],
    ["an operation without an ID", apollo([{ body: "{ x }" }]), ENTRIES],
    ["an operation with a number as its ID", apollo([{ id: 1, body: "{ x }" }]), ENTRIES],
    ["an operation without a text", apollo([{ id: "a", name: "X", type: "query" }]), ENTRIES],
    ["an operation with an empty text", apollo([{ id: "a", body: "" }]), ENTRIES],
    ["an operation that is null", apollo([null]), ENTRIES],
    ["an operation that is a text", apollo(["{ x }"]), ENTRIES],
    ["another version", apollo([{ id: "a", body: "{ x }" }], 2), APOLLO],
    ["a version that is a string", apollo([{ id: "a", body: "{ x }" }], "1"), APOLLO],
    ["operations by their IDs", apollo({ a: "{ x }" }), APOLLO],
    ["operations that are not there", apollo(undefined), APOLLO],
  ])("%s", (_, json, rule) => {
    expect(() => parseManifest(json)).toThrow(new Error(rule));
  });
});

describe("the variable that names a manifest", () => {
  const problems = (path: string) => {
    try {
      parseConfig({ TRUSTED_DOCUMENTS: "enforce", TRUSTED_DOCUMENTS_MANIFEST: path });
      return [];
    } catch (error) {
      if (error instanceof StartupError) return error.problems;
      throw error;
    }
  };
  const file = (text: string) => {
    const path = join(temporaryFolder(), "manifest.json");
    writeFileSync(path, text);
    return path;
  };

  it("is named with the rule that the manifest breaks", () => {
    expect(problems(file("{}"))).toEqual([`TRUSTED_DOCUMENTS_MANIFEST: ${NONE}`]);
  });

  it("is named when two documents have one ID", () => {
    const operations = ["{ a }", "{ b }"].map((body) => ({ id: "x", body }));
    const path = file(JSON.stringify({ format: "apollo-persisted-query-manifest", version: 1, operations }));
    expect(problems(path)).toEqual(["TRUSTED_DOCUMENTS_MANIFEST: must give each document a different ID"]);
  });

  it("is named when there is no such file", () => {
    const path = join(temporaryFolder(), "nowhere.json");
    expect(problems(path)).toEqual(["TRUSTED_DOCUMENTS_MANIFEST: cannot be read: ENOENT"]);
  });

  it("is named when a text is not GraphQL", async () => {
    const path = file(JSON.stringify({ a: '{ session(sessionId: "' }));
    const start = startServer({ TRUSTED_DOCUMENTS: "enforce", TRUSTED_DOCUMENTS_MANIFEST: path });
    await expect(start).rejects.toBeInstanceOf(StartupError);
    await expect(start).rejects.toThrow(/^TRUSTED_DOCUMENTS_MANIFEST: /);
  });
});
