import { createHash } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import Libsql from "libsql";
import { expect, it, onTestFinished } from "vitest";
import { MOST_FAILURES } from "../../src/access/failed-credentials.ts";
import { JWT_SECRET } from "../support/callers.ts";
import { freePort } from "../support/postgres.ts";
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
  const database = new Libsql(file, { timeout: 2000 });
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

/** What is refused before GraphQL executes it: how the server is configured, and what it is sent. */
interface Refusal {
  readonly status: number;
  readonly env?: () => Record<string, string> | Promise<Record<string, string>>;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Is done to the server first. */
  readonly before?: (server: TestServer) => Promise<unknown>;
}

const CREATE = JSON.stringify({ query: "mutation { createSession { id } }" });
const RS256 = Buffer.from('{"alg":"RS256","kid":"a"}').toString("base64url");

function trusted() {
  const manifest = join(temporaryFolder(), "manifest.json");
  writeFileSync(manifest, JSON.stringify({ first: "{ __typename }" }));
  return { TRUSTED_DOCUMENTS: "enforce", TRUSTED_DOCUMENTS_MANIFEST: manifest };
}

async function send({ origin }: TestServer, refusal: Refusal, accept: string | undefined) {
  const {
    path = "/graphql",
    method = "POST",
    headers = {},
    body = method === "POST" ? CREATE : undefined,
  } = refusal;
  const sent = request(`${origin}${path}`, {
    method,
    path,
    agent: false,
    headers: { ...(body && { "content-type": "application/json" }), ...(accept && { accept }), ...headers },
  });
  sent.end(body);
  const [response]: [IncomingMessage] = (await once(sent, "response")) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(await text(response)) };
}

const FORGED = { authorization: "Bearer a.b.c" };
const PREFLIGHT = { "apollo-require-preflight": "1" };
const byGet = (query: string) => `/graphql?${new URLSearchParams({ query })}`;

it.each<[string, Refusal]>([
  ["a stranger", { status: 401, env: () => ({ AUTH_JWT_SECRET: JWT_SECRET }) }],
  [
    "an address with too many strangers",
    {
      status: 429,
      env: () => ({ AUTH_JWT_SECRET: JWT_SECRET, TRUST_PROXY: "loopback" }),
      headers: { ...FORGED, "x-forwarded-for": "203.0.113.7" },
      before: ({ url }) => {
        const headers = { ...FORGED, "x-forwarded-for": "203.0.113.7" };
        return Promise.all(
          Array.from({ length: MOST_FAILURES }, () => fetch(url, { method: "POST", headers })),
        );
      },
    },
  ],
  [
    "an identity provider that is away",
    {
      status: 503,
      env: async () => ({ AUTH_JWKS_URI: `http://127.0.0.1:${await freePort()}/` }),
      headers: { authorization: `Bearer ${RS256}.e30.AA` },
    },
  ],
  ["a document that is not trusted", { status: 400, env: trusted }],
  ["an ID of no document", { status: 400, env: trusted, body: '{"documentId":"x"}' }],
  ["a body that is not JSON", { status: 400, body: "{" }],
  ["a body that is too long", { status: 413, body: CREATE.padEnd(600_000) }],
  ["another type", { status: 415, headers: { "content-type": "text/plain" } }],
  ["another host", { status: 421, headers: { host: "example.com" } }],
  ["another path", { status: 404, path: "/graphiql" }],
  ["another method", { status: 405, method: "PUT" }],
  ["a URL that cannot be decoded", { status: 400, path: "/%zz" }],
  [
    "a mutation by GET",
    { status: 405, method: "GET", path: byGet("mutation { x: __typename }"), headers: PREFLIGHT },
  ],
  [
    "a token by GET",
    {
      status: 405,
      method: "GET",
      path: byGet('{ inspectToken(token: "x") { status } }'),
      headers: PREFLIGHT,
    },
  ],
  [
    "a GET that a page of another site could send",
    { status: 400, method: "GET", path: byGet("{ __typename }") },
  ],
])(
  "a refusal before GraphQL is in the type that the client reads, and says whether to repeat it: %s",
  async (_, refusal) => {
    const server = await start((await refusal.env?.()) ?? {});
    await refusal.before?.(server);
    for (const [accept, expected] of [
      ["application/graphql-response+json, application/json;q=0.9", TYPES[1]],
      ["application/json, application/graphql-response+json;q=0.5", TYPES[1]],
      ["application/graphql-response+json;q=0, application/json", TYPES[0]],
      ["application/json", TYPES[0]],
      ["*/*", TYPES[0]],
      [undefined, TYPES[0]],
    ] as const) {
      const { status, headers, body } = await send(server, refusal, accept);
      expect([status, headers["content-type"]]).toEqual([refusal.status, type(expected)]);
      const [{ extensions }] = body.errors;
      expect(extensions.retryable).toBe(status === 429 || status === 503);
      expect(headers["retry-after"]).toBe(extensions.retryAfterSeconds?.toString());
      expect(headers["retry-after"] !== undefined).toBe(status === 429 || status === 503);
    }
  },
);

it("what Apollo Server's own HTTP layer refuses is in the type that the client reads", async () => {
  const { server, id } = await withoutLedger();
  const query = `mutation { generateToken(sessionId: "${id}") { token } }`;
  const sha256Hash = createHash("sha256").update(query).digest("hex");
  const response = await fetch(server.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, application/graphql-response+json",
    },
    body: JSON.stringify({ query, extensions: { persistedQuery: { version: 1, sha256Hash } } }),
  });
  expect([response.status, response.headers.get("content-type")]).toEqual([503, type(TYPES[1])]);
});
