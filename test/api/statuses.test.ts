import { createHash } from "node:crypto";
import { join } from "node:path";
import Libsql from "libsql";
import { expect, it, onTestFinished } from "vitest";
import { serverForTest, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const TYPES = ["application/json", "application/graphql-response+json"] as const;
const type = (name: string) => `${name}; charset=utf-8`;

const start = serverForTest;

/** What HTTP says of an answer, and the codes in it. */
async function ask(server: TestServer, query: string, headers: Record<string, string> = {}) {
  const response = await fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query }),
  });
  const { data, errors = [] } = await response.json();
  return {
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    type: response.headers.get("content-type"),
    codes: errors.map(({ extensions }: { extensions: { code: string } }) => extensions.code),
    data,
  };
}

/** A server whose ledger cannot be written from now on, and the ID of a session. */
async function withoutLedger() {
  const file = join(temporaryFolder(), "test.db");
  const server = await start({ DATABASE_URL: `file:${file}` });
  const id = await server.createSession();
  const database = new Libsql(file);
  onTestFinished(() => void database.close());
  database.exec("ALTER TABLE issued_tokens RENAME TO away");
  return { server, id };
}

it("what fails on the database alone is 503 with Retry-After in both media types, and its code is what it was", async () => {
  const { server, id } = await withoutLedger();
  const query = `mutation { generateToken(sessionId: "${id}") { token } }`;
  for (const accept of TYPES) {
    expect(await ask(server, query, { accept })).toEqual({
      status: 503,
      retryAfter: "2",
      type: type(accept),
      codes: ["LEDGER_UNAVAILABLE"],
      data: { generateToken: null },
    });
  }
  const lines = server.log().filter(({ operation }) => operation === "generateToken");
  expect(lines).toMatchObject(TYPES.map(() => ({ status: 503, code: "LEDGER_UNAVAILABLE" })));
});

it("a batch with refusals alone is 200", async () => {
  const server = await start({});
  const id = await server.createSession();
  const batch = await ask(
    server,
    `mutation { generateTokens(sessionId: "${id}", requests: [{ expireTime: 1 }]) { ... on TokenRefusal { code } } }`,
  );
  expect(batch).toMatchObject({ status: 200, data: { generateTokens: [{ code: "BAD_USER_INPUT" }] } });
});

it("what is over a limit alone is 429 with Retry-After in both media types", async () => {
  const server = await start({ TOKENS_PER_MINUTE: "1" });
  const id = await server.createSession();
  const token = `generateToken(sessionId: "${id}") { token }`;
  expect((await ask(server, `mutation { ${token} }`)).status).toBe(200);
  for (const accept of TYPES) {
    const answer = await ask(server, `mutation { ${token} }`, { accept });
    expect(answer).toMatchObject({ status: 429, type: type(accept), codes: ["RATE_LIMITED"] });
    expect(Number(answer.retryAfter)).toBeGreaterThanOrEqual(1);
    expect(Number(answer.retryAfter)).toBeLessThanOrEqual(60);
  }
});

it.each([
  ["application/json, application/graphql-response+json", TYPES[0], TYPES[1]],
  ["application/graphql-response+json, application/json;q=0.9", TYPES[1], TYPES[1]],
  ["application/graphql-response+json;q=0, application/json", TYPES[0], TYPES[0]],
  ["*/*", TYPES[0], TYPES[0]],
])(
  "a failure is in the type whose body clients may rely on, where it is accepted by name: %s",
  async (accept, usual, failed) => {
    const { server, id } = await withoutLedger();
    expect(await ask(server, "{ videoProject { applicationId } }", { accept })).toMatchObject({
      type: type(usual),
    });
    const refused = await ask(server, `mutation { generateToken(sessionId: "${id}") { token } }`, { accept });
    expect(refused).toMatchObject({ status: 503, type: type(failed) });
  },
);

it("what Apollo Server's own HTTP layer answers, such as a document by its hash, has the same status", async () => {
  const { server, id } = await withoutLedger();
  const query = `mutation { generateToken(sessionId: "${id}") { token } }`;
  const sha256Hash = createHash("sha256").update(query).digest("hex");
  for (const text of [{ query }, {}]) {
    const response = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...text, extensions: { persistedQuery: { version: 1, sha256Hash } } }),
    });
    expect((await response.json()).errors).toMatchObject([{ extensions: { code: "LEDGER_UNAVAILABLE" } }]);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "2"]);
  }
});
