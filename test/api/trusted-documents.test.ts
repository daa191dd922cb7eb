import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { serverForTest, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const CREATE = "mutation CreateSession { createSession { id } }";
const LIST = "query ListSessions($first: Int) { sessions(first: $first) { nodes { id } } }";
const UNKNOWN = "mutation Canary { createSession { id } }";

const sha = (text: string, algorithm = "sha256") => createHash(algorithm).update(text).digest("hex");

/** The two forms of a manifest, and the IDs that they give to the documents. */
const FORMS = {
  // Its hashes have been those of SHA-1, and others; to the server an ID is any text.
  "the client preset": {
    create: sha(CREATE, "sha1"),
    list: sha(LIST, "sha1"),
    manifest: { [sha(CREATE, "sha1")]: CREATE, [sha(LIST, "sha1")]: LIST },
  },
  "Apollo's tools": {
    create: sha(CREATE),
    list: sha(LIST),
    manifest: {
      format: "apollo-persisted-query-manifest",
      version: 1,
      operations: [
        { id: sha(CREATE), name: "CreateSession", type: "mutation", body: CREATE },
        { id: sha(LIST), name: "ListSessions", type: "query", body: LIST },
      ],
    },
  },
};
const { create, list } = FORMS["Apollo's tools"];

/** A server with a manifest, and ways to ask it. */
async function start(mode: string, form: keyof typeof FORMS = "Apollo's tools") {
  const path = join(temporaryFolder(), "manifest.json");
  writeFileSync(path, JSON.stringify(FORMS[form].manifest));
  const server = await serverForTest({ TRUSTED_DOCUMENTS: mode, TRUSTED_DOCUMENTS_MANIFEST: path });
  return { server, ...asking(server) };
}

function asking(server: TestServer) {
  const answer = async (response: Response) => {
    const { data, errors = [] } = await response.json();
    return { status: response.status, data, errors, code: errors[0]?.extensions.code };
  };
  return {
    post: async (body: object) =>
      answer(
        await fetch(server.url, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        }),
      ),
    get: async (parameters: Record<string, string>) =>
      answer(
        await fetch(`${server.url}?${new URLSearchParams(parameters)}`, {
          headers: { "apollo-require-preflight": "1" },
        }),
      ),
    count: async () => {
      const response = await fetch(server.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: LIST, variables: { first: 100 } }),
      });
      return (await response.json()).data.sessions.nodes.length;
    },
  };
}

const persisted = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } });

describe.each(["log", "enforce"])("with TRUSTED_DOCUMENTS=%s", (mode) => {
  it.each(Object.keys(FORMS) as (keyof typeof FORMS)[])(
    "a document of a manifest of %s is executed by its ID, and by its text",
    async (form) => {
      const { server, post, get, count } = await start(mode, form);
      const { create, list } = FORMS[form];
      const spaced = CREATE.replace(" {", ",\n  # a comment\n {").replaceAll(" }", "\n\t}\r\n");
      for (const body of [
        { documentId: create },
        { documentId: create, query: "" },
        { documentId: create, query: null },
        { extensions: persisted(create) },
        { query: CREATE },
        { query: spaced },
      ]) {
        const before = await count();
        const { status, data, errors } = await post(body);
        expect([status, errors]).toEqual([200, []]);
        expect(data.createSession.id).toMatch(/^1_/);
        expect(await count()).toBe(before + 1);
      }
      const variables = JSON.stringify({ first: 2 });
      for (const parameters of <Record<string, string>[]>[
        { documentId: list, variables },
        { extensions: JSON.stringify(persisted(list)), variables },
        { query: LIST.replaceAll(" ", "\n "), variables },
      ]) {
        const { status, data, errors } = await get(parameters);
        expect([status, errors]).toEqual([200, []]);
        expect(data.sessions.nodes).toHaveLength(2);
      }
      expect(server.log().filter(({ level }) => Number(level) >= 40)).toEqual([]);
    },
  );

  it("a mutation is not executed by GET, also by its ID", async () => {
    const { get, count } = await start(mode);
    expect((await get({ documentId: create })).status).toBe(405);
    expect((await get({ extensions: JSON.stringify(persisted(create)) })).status).toBe(405);
    expect(await count()).toBe(0);
  });
});

describe("with TRUSTED_DOCUMENTS=enforce", () => {
  const NOT_IN_LIST = "PERSISTED_QUERY_NOT_IN_LIST";
  const NOT_IN_SAFELIST = "QUERY_NOT_IN_SAFELIST";

  it("the page of Apollo Sandbox is there in development", async () => {
    const { server } = await start("enforce");
    const response = await fetch(server.url, { headers: { accept: "text/html" } });
    expect([response.status, await response.text()]).toEqual([
      200,
      expect.stringMatching(/<!DOCTYPE html>/i),
    ]);
  });

  it.each<[string, string, object]>([
    ["an unknown ID", NOT_IN_LIST, { documentId: "canary" }],
    ["an ID that objects have a member of", NOT_IN_LIST, { documentId: "constructor" }],
    ["an ID that is no string", NOT_IN_LIST, { documentId: { id: create } }],
    ["an ID that cannot become a string", NOT_IN_LIST, { documentId: { toString: null } }],
    ["a known ID in a list", NOT_IN_LIST, { documentId: [create] }],
    ["an unknown hash", NOT_IN_LIST, { extensions: persisted(sha(UNKNOWN)) }],
    ["a hash that is no string", NOT_IN_LIST, { extensions: { persistedQuery: { sha256Hash: {} } } }],
    ["no document at all", NOT_IN_LIST, {}],
    ["a document that is no string", NOT_IN_LIST, { query: [UNKNOWN] }],
    ["an unknown text", NOT_IN_SAFELIST, { query: UNKNOWN }],
    ["an unknown text with a known ID", NOT_IN_SAFELIST, { query: UNKNOWN, documentId: create }],
    ["an unknown text with a known hash", NOT_IN_SAFELIST, { query: UNKNOWN, extensions: persisted(create) }],
    ["a known text with more after it", NOT_IN_SAFELIST, { query: `${CREATE} ${LIST}` }],
    ["a known text in other letters", NOT_IN_SAFELIST, { query: CREATE.replace("id", "ID") }],
    ["introspection", NOT_IN_SAFELIST, { query: "{ __schema { types { name } } }" }],
    ["what is not GraphQL", NOT_IN_SAFELIST, { query: '{ "' }],
  ])("%s is refused: %s, with nothing created", async (_, code, body) => {
    const { post, count } = await start("enforce");
    const answer = await post(body);
    expect(answer).toMatchObject({ status: 400, code });
    expect(answer.data).toBeUndefined();
    expect(JSON.stringify(answer)).not.toMatch(/canary/i);
    expect(await count()).toBe(0);
  });

  it.each<[string, string, Record<string, string>]>([
    ["an unknown ID", NOT_IN_LIST, { documentId: "canary" }],
    ["an unknown hash", NOT_IN_LIST, { extensions: JSON.stringify(persisted("canary")) }],
    ["extensions that are not JSON", NOT_IN_LIST, { extensions: "{" }],
    ["an unknown text", NOT_IN_SAFELIST, { query: "query Canary { __typename }" }],
  ])("%s is refused by GET, too: %s", async (_, code, parameters) => {
    const { get } = await start("enforce");
    expect(await get(parameters)).toMatchObject({ status: 400, code, data: undefined });
  });

  it("no text is executed that another parameter of the same name hides behind", async () => {
    const { server } = await start("enforce");
    const url = `${server.url}?${new URLSearchParams([
      ["query", LIST],
      ["query", "{ __typename }"],
    ])}`;
    const response = await fetch(url, { headers: { "apollo-require-preflight": "1" } });
    expect(response.status).toBe(400);
  });

  it("automatic persisted queries register nothing", async () => {
    const { post, get, count } = await start("enforce");
    const extensions = persisted(sha(UNKNOWN));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect((await post({ extensions })).code).toBe(NOT_IN_LIST);
      expect((await post({ query: UNKNOWN, extensions })).code).toBe(NOT_IN_SAFELIST);
      expect((await post({ query: UNKNOWN })).code).toBe(NOT_IN_SAFELIST);
      expect((await get({ extensions: JSON.stringify(extensions) })).code).toBe(NOT_IN_LIST);
    }
    expect(await count()).toBe(0);
  });
});

describe("with TRUSTED_DOCUMENTS=log", () => {
  const warnings = (server: TestServer) => server.log().filter(({ level }) => level === 40);

  it("another text is executed and logged, without the text", async () => {
    const { server, post, count } = await start("log");
    const { status, errors } = await post({ query: UNKNOWN });
    expect([status, errors]).toEqual([200, []]);
    expect(await count()).toBe(1);
    expect(warnings(server)).toMatchObject([
      {
        code: "QUERY_NOT_IN_SAFELIST",
        msg: "the document is not trusted",
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    ]);
    expect(JSON.stringify(server.log())).not.toMatch(/canary/i);
  });

  it("an unknown ID has nothing to execute, and is logged without it", async () => {
    const { server, post, count } = await start("log");
    expect((await post({ documentId: "canary" })).status).toBe(400);
    expect(await count()).toBe(0);
    expect(warnings(server)).toMatchObject([{ code: "PERSISTED_QUERY_NOT_IN_LIST" }]);
    expect(JSON.stringify(server.log())).not.toMatch(/canary/i);
  });
});

describe("with TRUSTED_DOCUMENTS=off", () => {
  it("every text is executed, nothing is logged, and no document has an ID", async () => {
    const { server, post, get, count } = await start("off");
    expect((await post({ query: UNKNOWN })).errors).toEqual([]);
    expect((await post({ query: CREATE })).errors).toEqual([]);
    expect(await count()).toBe(2);
    expect((await post({ documentId: create })).status).toBe(400);
    expect((await get({ documentId: list })).status).toBe(400);
    expect((await post({ extensions: persisted(create) })).code).toBe("PERSISTED_QUERY_NOT_FOUND");
    expect(await count()).toBe(2);
    expect(server.log().filter(({ level }) => Number(level) >= 40)).toEqual([]);
  });
});

describe("a manifest of another schema", () => {
  const warnings = async (manifest: Record<string, string>) => {
    const path = join(temporaryFolder(), "manifest.json");
    writeFileSync(path, JSON.stringify(manifest));
    const server = await serverForTest({ TRUSTED_DOCUMENTS: "enforce", TRUSTED_DOCUMENTS_MANIFEST: path });
    return server.log().filter(({ msg }) => String(msg).startsWith("TRUSTED_DOCUMENTS_MANIFEST"));
  };

  it("is told at the start, by the number of its documents and one of them", async () => {
    expect(await warnings({ a: CREATE, b: "{ viewer { id } }", name: "stagepass" })).toMatchObject([
      {
        level: 40,
        document: '"b"',
        reason: 'Cannot query field "viewer" on type "Query".',
        msg: "TRUSTED_DOCUMENTS_MANIFEST: 2 of 3 documents do not fit the schema, such as this one",
      },
    ]);
  });

  it("is none where the schema has everything", async () => {
    expect(await warnings({ a: CREATE, b: LIST })).toEqual([]);
  });
});
