import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GraphQLField, isIntrospectionType, isObjectType } from "graphql";
import { decodeJwt } from "jose";
import Libsql from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newApiKey } from "../../src/access/api-key.ts";
import { REQUIRED_SCOPE } from "../../src/access/policy.ts";
import { composeSessionId } from "../../src/domain/session-id.ts";
import { createSubgraphSchema } from "../../src/graphql/federation/subgraph.ts";
import { openDatabase } from "../../src/store/database.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import { JWT_SECRET } from "../support/callers.ts";
import { API_KEY } from "../support/credentials.ts";
import {
  type Ask,
  AUDIENCE,
  CALLERS,
  EVERYTHING,
  fullClaims,
  ISSUER,
  type Issued,
  issuedFor,
  type Keys,
  LIFETIME_BOUND,
  type MatrixCaller,
  nameRefusal,
  now,
  nowSeconds,
  type Refusal,
  ROLES,
  type RoleName,
  SESSION_BOUND,
  SESSION_NAMES,
  SESSIONS,
  type SessionIds,
  type SessionKind,
  scopeRefusal,
  tokenRefusal,
} from "../support/matrix.ts";
import { startServer, type TestServer } from "../support/server.ts";

/** One request of a caller, and what must come of it. */
interface Cell {
  readonly name: string;
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  /** Why it is refused; null when it is granted. */
  readonly refusal: Refusal | null;
  /** The path of the refused field. */
  readonly at?: readonly string[];
  /** The data of an answer that refuses. */
  readonly refusedData?: unknown;
  /** Whether a session is created. */
  readonly creates?: boolean;
  /** Whether a token is issued that the answer does not have. */
  readonly alone?: boolean;
  /** The tokens that are issued when it is granted. The ID of a session just created is in the data. */
  // biome-ignore lint/suspicious/noExplicitAny: data has the shape of the query that it answers
  readonly tokens?: (data: any) => Issued[];
  /** The data when it is granted, or what tells it afterwards. */
  readonly data?: unknown;
}

let folder: string;
let server: TestServer;
let database: Libsql.Database;
let ids: SessionIds;
let keys: Keys;
/** Tokens for `inspectToken`, by what they are. */
let inspected: Record<"own" | "another's" | "T1" | "nonsense", string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "stagepass-"));
  const file = join(folder, "stagepass.db");
  keys = await addKeys(file);
  server = await startServer(
    {
      AUTH_JWT_SECRET: JWT_SECRET,
      AUTH_JWT_ISSUER: ISSUER,
      AUTH_JWT_AUDIENCE: AUDIENCE,
      FEDERATION: "on",
      DATABASE_URL: `file:${file}`,
    },
    () => now,
  );
  database = new Libsql(file);
  ids = {
    own: await createNamed(SESSION_NAMES.own),
    sibling: await createNamed(SESSION_NAMES.sibling),
    "another's": await createNamed(SESSION_NAMES["another's"]),
    unknown: neverCreated(API_KEY),
    "another project's": neverCreated("87654321"),
    malformed: "1_hello~",
  };
  database
    .prepare("INSERT INTO sessions (session_id, application_id, name) VALUES (?, ?, ?)")
    .run(ids["another project's"], "87654321", SESSION_NAMES.own);
  // One that a caller of this project must not even be told the number of.
  database
    .prepare("INSERT INTO issued_tokens VALUES (NULL, 'x', ?, 'moderator', 'JWT', '', ?, ?)")
    .run(ids["another project's"], now.getTime(), now.getTime() + 86_400_000);
  const issue = async (variables: object) => {
    const { data } = await ask(EVERYTHING, GENERATE, { ...variables });
    return data.generateToken.token;
  };
  await issue({ sessionId: ids.unknown, role: "PUBLISHER_ONLY" });
  inspected = {
    own: await issue({ sessionId: ids.own }),
    "another's": await issue({ sessionId: ids["another's"], role: "MODERATOR" }),
    T1: await issue({ sessionId: ids.own, role: "SUBSCRIBER", format: "T1" }),
    nonsense: "nonsense",
  };
});

afterAll(async () => {
  database.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Puts API keys into the database, as `npx stagepass keys` does. */
async function addKeys(file: string): Promise<Keys> {
  const { scope, video_grant } = fullClaims("");
  const store = sqlStore(await openDatabase({ engine: "sqlite", file }));
  const add = async (name: string, expiresAt: Date | null = null) => {
    const { key, id, digest } = newApiKey();
    const claims = { scope, video_grant };
    await store.apiKeys.add({ id, name, digest, claims, createdAt: now, revokedAt: null, expiresAt });
    return key;
  };
  const added = {
    live: await add("live"),
    revoked: await add("revoked"),
    expired: await add("expired", new Date(Date.now() - 1000)),
    "never added": newApiKey().key,
  };
  expect(await store.apiKeys.revoke("revoked", now)).not.toBeNull();
  await store.close();
  return added;
}

async function createNamed(name: string): Promise<string> {
  const { data } = await ask(EVERYTHING, ENSURE, { name });
  return data.ensureSession.id;
}

function neverCreated(owner: string): string {
  return composeSessionId({ owner, location: null, createdAt: now, random: "never".padEnd(24, "0") });
}

/** The sessions of this project that are registered, newest first. */
function registered(): { id: string; name: string | null }[] {
  return database
    .prepare("SELECT session_id AS id, name FROM sessions WHERE application_id = ? ORDER BY position DESC")
    .all(API_KEY) as { id: string; name: string | null }[];
}

/** How many sessions the database has. */
function count(): number {
  return (database.prepare("SELECT count(*) AS n FROM sessions").get() as { n: number }).n;
}

/** The records of a session as the contract shows them, newest first. */
function recordsOf(sessionId: string) {
  const rows = database
    .prepare("SELECT * FROM issued_tokens WHERE session_id = ? ORDER BY position DESC")
    .all(sessionId) as Record<"id" | "role" | "issued_to", string>[];
  return rows.map(({ id, role, issued_to }) => ({ id, role: WIRE_NAMES[role], issuedTo: issued_to }));
}

/** How many tokens the ledger has of the sessions that a caller may see, by role. */
function issuedByRole(caller: MatrixCaller) {
  const rows = database.prepare("SELECT session_id, role FROM issued_tokens").all() as Record<
    "session_id" | "role",
    string
  >[];
  const shown = rows.filter(({ session_id: id }) =>
    caller.sessions.includes("unknown")
      ? id !== ids["another project's"]
      : caller.sessions.some((kind) => ids[kind] === id),
  );
  return ROLES.map((role) => ({
    role,
    count: shown.filter((row) => WIRE_NAMES[row.role] === role).length,
  }));
}

function ask(caller: MatrixCaller, query: string, variables: Record<string, unknown> = {}) {
  return server.graphql(query, variables, caller.credential(ids, keys));
}

const ENSURE = "mutation($name: String!) { ensureSession(name: $name) { id name } }";

const ENSURE_AND_GENERATE = `mutation($name: String!, $role: Role) {
  ensureSession(name: $name) { generateToken(role: $role) { token role } } }`;

const GENERATE = `mutation($sessionId: ID!, $role: Role, $expireTime: Int, $format: TokenFormat) {
  generateToken(sessionId: $sessionId, role: $role, expireTime: $expireTime, format: $format) { token role } }`;

const GENERATE_BELOW_TOKEN = `mutation(
    $sessionId: ID!, $outer: Role, $role: Role, $expireTime: Int, $format: TokenFormat) {
  generateToken(sessionId: $sessionId, role: $outer) { token session {
    generateToken(role: $role, expireTime: $expireTime, format: $format) { token role } } } }`;

const GENERATE_BELOW_CREATE = `mutation($role: Role, $expireTime: Int, $format: TokenFormat) {
  createSession { sessionId
    generateToken(role: $role, expireTime: $expireTime, format: $format) { token role } } }`;

const GENERATE_MANY = `mutation($sessionId: ID!, $requests: [TokenRequest!]!) {
  generateTokens(sessionId: $sessionId, requests: $requests) {
    ... on ConnectionToken { token role } ... on TokenRefusal { code } } }`;

const MAY_ONLY_MUTATE: Refusal = { code: "BAD_USER_INPUT" };

/** Every way in which tokens are asked for: each role, and none, with lifetimes around a limit, and in both formats. */
const ASKS: Ask[] = [
  ...[...ROLES, undefined].flatMap((role): Ask[] => [
    { role },
    { role, lifetime: 601 },
    { role, format: "T1" },
  ]),
  { role: undefined, lifetime: 600 },
];

const variablesOf = ({ role, lifetime, format }: Ask) => ({
  ...(role && { role }),
  ...(lifetime && { expireTime: nowSeconds + lifetime }),
  ...(format && { format }),
});

/** When the hour of the matrix began, or one so many hours before it. */
const hoursAgo = (hours: number) => new Date(Math.floor(nowSeconds / 3600 - hours) * 3_600_000).toISOString();

const nameOf = ({ role, lifetime, format }: Ask) =>
  `${role ?? "no role"} for ${lifetime ?? "no"} seconds as ${format ?? "JWT"}`;

/** The cells of each field. A field that is not here fails. */
const CELLS: Record<string, (caller: MatrixCaller) => Cell[]> = {
  "Query.session": (caller) =>
    SESSIONS.map((kind) => ({
      name: kind,
      query: "query($sessionId: ID!) { session(sessionId: $sessionId) { id name } }",
      variables: { sessionId: ids[kind] },
      refusal: scopeRefusal(caller, "sessions:read"),
      at: ["session"],
      // The field may be null, and is, in an answer that refuses it.
      refusedData: { session: null },
      data: {
        session: caller.sessions.includes(kind) ? { id: ids[kind], name: SESSION_NAMES[kind] } : null,
      },
    })),

  "Query.sessions": (caller) => {
    const selected = registered().filter(
      ({ id }) => caller.sessions.includes("unknown") || caller.sessions.some((kind) => ids[kind] === id),
    );
    // Where names are granted by how they begin, the list has their order.
    if (caller.names.length > 0 && !caller.sessions.includes("unknown"))
      selected.sort((a, b) => Buffer.compare(Buffer.from(a.name ?? ""), Buffer.from(b.name ?? "")));
    return [1, 2, 100].map((first) => ({
      name: `the first ${first}`,
      query: `query($first: Int) { sessions(first: $first) {
        nodes { id name } edges { node { id name } } totalCount pageInfo { hasNextPage } } }`,
      variables: { first },
      refusal: scopeRefusal(caller, "sessions:read"),
      at: ["sessions"],
      data: {
        sessions: {
          nodes: selected.slice(0, first),
          edges: selected.slice(0, first).map((node) => ({ node })),
          totalCount: selected.length,
          pageInfo: { hasNextPage: selected.length > first },
        },
      },
    }));
  },

  "Query.inspectToken": (caller) => {
    const answers = {
      own: { status: "ACTIVE", sessionId: ids.own, role: "PUBLISHER" },
      "another's": { status: "ACTIVE", sessionId: ids["another's"], role: "MODERATOR" },
      T1: { status: "ACTIVE", sessionId: ids.own, role: "SUBSCRIBER" },
      nonsense: { status: "INVALID", sessionId: null, role: null },
    };
    return (Object.keys(answers) as (keyof typeof answers)[]).map((kind) => ({
      name: kind,
      query: "query($token: String!) { inspectToken(token: $token) { status sessionId role } }",
      variables: { token: inspected[kind] },
      refusal: scopeRefusal(caller, "tokens:inspect"),
      at: ["inspectToken"],
      data: { inspectToken: answers[kind] },
    }));
  },

  "Query.issuances": (caller) => [
    {
      name: "of the current hour and the one before",
      query: "{ issuances(last: 2) { startsAt counts { role count } } }",
      refusal: scopeRefusal(caller, "ledger:read"),
      at: ["issuances"],
      data: () => ({
        issuances: [
          { startsAt: hoursAgo(1), counts: ROLES.map((role) => ({ role, count: 0 })) },
          { startsAt: hoursAgo(0), counts: issuedByRole(caller) },
        ],
      }),
    },
  ],

  "Query.viewer": (caller) => [
    {
      name: "itself",
      query: "{ viewer { subject scopes videoGrant { roles maxLifetime } } }",
      refusal: null,
      data: {
        viewer: {
          subject: caller.subject,
          scopes: caller.scopes,
          videoGrant: { roles: caller.roles, maxLifetime: Math.min(caller.maxLifetime, 2_592_000) },
        },
      },
    },
  ],

  "Query.project": () => [
    {
      name: "this server's",
      query: "{ project { applicationId platform tokenFormats } }",
      refusal: null,
      data: { project: { applicationId: API_KEY, platform: "LOCAL", tokenFormats: ["JWT", "T1"] } },
    },
  ],

  "Query._service": () => [
    {
      name: "this server's",
      query: "{ _service { __typename } }",
      refusal: null,
      data: { _service: { __typename: "_Service" } },
    },
  ],

  "Query._entities": (caller) => {
    const shown = (kind: SessionKind) =>
      caller.sessions.includes(kind) ? { id: ids[kind], name: SESSION_NAMES[kind] } : null;
    return [...SESSIONS.map((kind) => [kind]), SESSIONS].map((kinds) => ({
      name: kinds.join(" and "),
      query: `query($representations: [_Any!]!) {
        _entities(representations: $representations) { ... on Session { id name } } }`,
      variables: {
        representations: kinds.map((kind) => ({ __typename: "Session", sessionId: ids[kind] })),
      },
      refusal: scopeRefusal(caller, "sessions:read"),
      at: ["_entities"],
      data: { _entities: kinds.map(shown) },
    }));
  },

  "Mutation.createSession": (caller) => {
    const refusal = scopeRefusal(caller, "sessions:create");
    return [
      {
        name: "alone",
        query: "mutation { createSession { name applicationId } }",
        refusal,
        at: ["createSession"],
        creates: refusal === null,
        data: { createSession: { name: null, applicationId: API_KEY } },
      },
    ];
  },

  "Mutation.ensureSession": (caller) => {
    const refusalOf = (name: string) => scopeRefusal(caller, "sessions:create") ?? nameRefusal(caller, name);
    const existing = (["own", "sibling", "another's"] as const).map((kind) => ({
      name: `the name of ${kind}`,
      query: ENSURE,
      variables: { name: SESSION_NAMES[kind] },
      refusal: refusalOf(SESSION_NAMES[kind]),
      at: ["ensureSession"],
      data: { ensureSession: { id: ids[kind], name: SESSION_NAMES[kind] } },
    }));
    const fresh = ["room-", "other-"].map((beginning) => {
      const name = `${beginning}${caller.name}`;
      return {
        name: `a new name, ${name}`,
        query: "mutation($name: String!) { ensureSession(name: $name) { name applicationId } }",
        variables: { name },
        refusal: refusalOf(name),
        at: ["ensureSession"],
        creates: refusalOf(name) === null,
        data: { ensureSession: { name, applicationId: API_KEY } },
      };
    });
    const granting = ROLES.map((role) => {
      const refusal = refusalOf(SESSION_NAMES.own);
      return {
        name: `the name of own, and a token as ${role}`,
        query: ENSURE_AND_GENERATE,
        variables: { name: SESSION_NAMES.own, role },
        refusal: refusal ?? tokenRefusal(caller, "created", ids.own, { role }),
        at: refusal ? ["ensureSession"] : ["ensureSession", "generateToken"],
        tokens: () => [issuedFor(caller, ids.own, { role })],
      };
    });
    return [...existing, ...fresh, ...granting];
  },

  "Session.issuedTokens": (caller) => [
    ...SESSIONS.map((kind) => {
      const unread = scopeRefusal(caller, "sessions:read");
      const shown = caller.sessions.includes(kind);
      return {
        name: `${kind}, below Query.session`,
        query: `query($sessionId: ID!) { session(sessionId: $sessionId) {
          issuedTokens(first: 100) { nodes { id role issuedTo } totalCount } } }`,
        variables: { sessionId: ids[kind] },
        refusal: unread ?? (shown ? scopeRefusal(caller, "ledger:read") : null),
        at: unread ? ["session"] : ["session", "issuedTokens"],
        refusedData: { session: null },
        data: () => {
          const all = recordsOf(ids[kind]);
          const issuedTokens = { nodes: all.slice(0, 100), totalCount: all.length };
          return { session: shown ? { issuedTokens } : null };
        },
      };
    }),
    ...SESSIONS.map((kind) => {
      const asked: Ask = { role: caller.roles[0] };
      const refused = tokenRefusal(caller, kind, ids[kind], asked);
      return {
        name: `${kind}, below a token`,
        query: `mutation($sessionId: ID!, $role: Role) { generateToken(sessionId: $sessionId, role: $role) {
          session { issuedTokens { pageInfo { hasPreviousPage } } } } }`,
        variables: { sessionId: ids[kind], role: asked.role ?? "PUBLISHER" },
        refusal: refused ?? scopeRefusal(caller, "ledger:read"),
        at: refused ? ["generateToken"] : ["generateToken", "session", "issuedTokens"],
        alone: true,
        data: { generateToken: { session: { issuedTokens: { pageInfo: { hasPreviousPage: false } } } } },
      };
    }),
  ],

  "Mutation.generateToken": (caller) =>
    SESSIONS.flatMap((kind) =>
      ASKS.map((asked) => ({
        name: `${kind}, ${nameOf(asked)}`,
        query: GENERATE,
        variables: { sessionId: ids[kind], ...variablesOf(asked) },
        refusal: tokenRefusal(caller, kind, ids[kind], asked),
        at: ["generateToken"],
        tokens: () => [issuedFor(caller, ids[kind], asked)],
      })),
    ),

  "Mutation.generateTokens": (caller) =>
    SESSIONS.flatMap((kind) =>
      [...ASKS.map((asked) => [asked]), ASKS].map((asks) => batch(caller, kind, asks)),
    ),

  "Session.generateToken": (caller) => [
    ...ASKS.map((asked) => belowCreate(caller, asked)),
    ...SESSIONS.flatMap((kind) => ASKS.map((asked) => belowToken(caller, kind, asked))),
    ...SESSIONS.map((kind) => {
      const shown = caller.sessions.includes(kind);
      const unread = scopeRefusal(caller, "sessions:read");
      const inner = shown ? (scopeRefusal(caller, "tokens:create") ?? MAY_ONLY_MUTATE) : null;
      return {
        name: `${kind}, below Query.session`,
        query: `query($sessionId: ID!) { session(sessionId: $sessionId) { generateToken { token } } }`,
        variables: { sessionId: ids[kind] },
        refusal: unread ?? inner,
        at: unread ? ["session"] : ["session", "generateToken"],
        refusedData: { session: null },
        data: { session: null },
      };
    }),
  ],
};

/** Mutation.generateTokens. Only what the caller may not do with the session refuses the whole of it. */
function batch(caller: MatrixCaller, kind: (typeof SESSIONS)[number], asks: readonly Ask[]): Cell {
  const unbound = { ...caller, roles: ROLES, maxLifetime: Number.POSITIVE_INFINITY };
  const refusals = asks.map((asked) => tokenRefusal(caller, kind, ids[kind], asked));
  const granted = asks.filter((_, i) => refusals[i] === null);
  return {
    name: `${kind}, ${asks.map(nameOf).join(" and ")}`,
    query: GENERATE_MANY,
    variables: { sessionId: ids[kind], requests: asks.map(variablesOf) },
    refusal: tokenRefusal(unbound, kind, ids[kind], { role: undefined }),
    at: ["generateTokens"],
    ...(granted.length > 0
      ? { tokens: () => granted.map((asked) => issuedFor(caller, ids[kind], asked)) }
      : { data: { generateTokens: refusals.map((refusal) => ({ code: refusal?.code })) } }),
  };
}

/** Session.generateToken in the request that creates the session. */
function belowCreate(caller: MatrixCaller, asked: Ask): Cell {
  const uncreated = scopeRefusal(caller, "sessions:create");
  return {
    name: `created, ${nameOf(asked)}`,
    query: GENERATE_BELOW_CREATE,
    variables: variablesOf(asked),
    refusal: uncreated ?? tokenRefusal(caller, "created", "", asked),
    at: uncreated ? ["createSession"] : ["createSession", "generateToken"],
    creates: uncreated === null,
    tokens: (data) => [issuedFor(caller, data.createSession.sessionId, asked)],
  };
}

/** Session.generateToken of a session that is reached through a token for it, with a role that is granted if any is. */
function belowToken(caller: MatrixCaller, kind: (typeof SESSIONS)[number], asked: Ask): Cell {
  const outer: Ask = { role: caller.roles[0] ?? asked.role };
  const refused = tokenRefusal(caller, kind, ids[kind], outer);
  return {
    name: `${kind}, below a token, ${nameOf(asked)}`,
    query: GENERATE_BELOW_TOKEN,
    variables: {
      sessionId: ids[kind],
      ...(outer.role && { outer: outer.role }),
      ...variablesOf(asked),
    },
    refusal: refused ?? tokenRefusal(caller, kind, ids[kind], asked),
    at: refused ? ["generateToken"] : ["generateToken", "session", "generateToken"],
    tokens: () => [outer, asked].map((each) => issuedFor(caller, ids[kind], each)),
  };
}

/** Sends the request of a cell, and fails, naming it, when anything else comes of it than must. */
async function check(caller: MatrixCaller, cell: Cell): Promise<void> {
  const before = count();
  const { status, data, errors } = await ask(caller, cell.query, cell.variables);
  const tokens = tokensIn(data);
  const seen = {
    status,
    errors: errors.map(({ path, extensions }) => ({ path, extensions })),
    data: cell.tokens && tokens.length > 0 ? "tokens" : data,
    created: count() - before,
    tokens: tokens.map(issuedAs),
    othersInText: tokens
      .reduce((text, token) => text.replace(token, ""), JSON.stringify({ data, errors }))
      .match(/eyJ|T1==/),
  };
  expect(seen, `${caller.name}: ${cell.name}`).toEqual({
    othersInText: null,
    ...expected(caller, cell, data),
  });
}

function expected(caller: MatrixCaller, cell: Cell, data: unknown) {
  const nothing = { created: 0, tokens: [] };
  if (!caller.known) {
    const errors = [{ path: undefined, extensions: { code: "UNAUTHENTICATED" } }];
    return { ...nothing, status: 401, data: undefined, errors };
  }
  const created = cell.creates ? 1 : 0;
  if (cell.refusal) {
    const errors = [{ path: cell.at, extensions: cell.refusal }];
    return { ...nothing, status: 200, data: cell.refusedData ?? null, errors, created };
  }
  const granted = { status: 200, errors: [], created };
  if (!cell.tokens) {
    return { ...granted, tokens: [], data: typeof cell.data === "function" ? cell.data() : cell.data };
  }
  // Nothing to tell of when there is no data: the comparison shows the errors.
  return { ...granted, tokens: data ? cell.tokens(data) : "some", data: "tokens" };
}

/** The tokens in an answer, from the outside in. */
function tokensIn(data: unknown): string[] {
  if (typeof data !== "object" || data === null) return [];
  return Object.entries(data).flatMap(([name, value]) =>
    name === "token" && typeof value === "string" ? [value] : tokensIn(value),
  );
}

const WIRE_NAMES: Record<string, RoleName> = {
  subscriber: "SUBSCRIBER",
  publisher: "PUBLISHER",
  publisheronly: "PUBLISHER_ONLY",
  moderator: "MODERATOR",
};

/** What a token says of itself. */
function issuedAs(token: string) {
  if (!token.startsWith("T1==")) {
    const { session_id, role, iat = 0, exp = 0 } = decodeJwt(token);
    expect(iat).toBe(nowSeconds);
    return { sessionId: session_id, role: WIRE_NAMES[String(role)], lifetime: exp - iat, format: "JWT" };
  }
  const text = Buffer.from(token.slice(4), "base64").toString();
  const fields = new URLSearchParams(text.slice(text.indexOf(":") + 1));
  expect(fields.get("create_time")).toBe(String(nowSeconds));
  return {
    sessionId: fields.get("session_id"),
    role: WIRE_NAMES[fields.get("role") ?? ""],
    lifetime: Number(fields.get("expire_time")) - nowSeconds,
    format: "T1",
  };
}

/** With the fields of a router; all others are the same objects as without it, which test/graphql/federation/subgraph.test.ts finds. */
const schema = await createSubgraphSchema();
const rules: Record<string, string | null> = REQUIRED_SCOPE;

/** The fields of the contract by their paths, such as `Query.session`. */
const fields = new Map<string, GraphQLField<unknown, unknown>>(
  Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !isIntrospectionType(type))
    .flatMap((type) =>
      Object.entries("getFields" in type ? type.getFields() : {}).map(
        ([name, field]) => [`${type.name}.${name}`, field] as const,
      ),
    ),
);

/** Those that do something: of Query, of Mutation, and with arguments. */
const acting = [...fields].flatMap(([path, { args }]) =>
  /^(Query|Mutation|Subscription)\./.test(path) || args.length > 0 ? [path] : [],
);
/** Those that the matrix is over. */
const guarded = [...new Set([...acting, ...Object.keys(rules)])];

describe("the policy", () => {
  it.each(acting)("has a rule for %s", (path) => {
    expect(Object.keys(rules)).toContain(path);
  });

  it.each(Object.entries(rules))("has in %s a field that says it requires %s", (path, scope) => {
    expect(fields.get(path)?.description?.replace(/\s+/g, " ")).toMatch(
      scope === null ? /Every caller may ask/ : new RegExp(`\\b[Rr]equires\\b[^.]*\`${scope}\``),
    );
  });

  it.each(guarded)("is tested for %s", (path) => {
    expect(Object.keys(CELLS)).toContain(path);
  });
});

describe.each(guarded)("%s", (path) => {
  it.each(CALLERS.map((caller) => [caller.name, caller] as const))(
    "gives a caller %s what it may have, and nothing else",
    async (_, caller) => {
      const all = CELLS[path]?.(caller) ?? [];
      expect(all).not.toEqual([]);
      for (const cell of all.filter(({ creates, alone }) => creates || alone)) await check(caller, cell);
      // The others do not spoil each other's count of the sessions, or what they see of the ledger.
      const others = all.filter(({ creates, alone }) => !creates && !alone);
      for (let start = 0; start < others.length; start += 20) {
        await Promise.all(others.slice(start, start + 20).map((cell) => check(caller, cell)));
      }
    },
  );
});

describe("a session that the caller has just created", () => {
  it("is its own for the rest of the request, and not in the next", async () => {
    const { data, errors } = await ask(
      SESSION_BOUND,
      `mutation { createSession { sessionId generateToken { token session { generateToken { token } } } } }`,
    );
    expect(errors).toEqual([]);
    const { sessionId } = data.createSession;
    expect(tokensIn(data).map(issuedAs)).toEqual(
      Array(2).fill(issuedFor(SESSION_BOUND, sessionId, { role: undefined })),
    );
    await check(SESSION_BOUND, {
      name: "the session of the last request",
      query: GENERATE,
      variables: { sessionId },
      refusal: { code: "FORBIDDEN", requiredSession: sessionId },
      at: ["generateToken"],
    });
    await check(SESSION_BOUND, {
      name: "the session of the last request",
      query: "query($sessionId: ID!) { session(sessionId: $sessionId) { id } }",
      variables: { sessionId },
      refusal: null,
      data: { session: null },
    });
  });

  it("makes no other session its own", async () => {
    await check(SESSION_BOUND, {
      name: "another's after one of its own",
      query: `mutation($sessionId: ID!) { createSession { generateToken { token } }
        generateToken(sessionId: $sessionId) { token } }`,
      variables: { sessionId: ids["another's"] },
      refusal: { code: "FORBIDDEN", requiredSession: ids["another's"] },
      at: ["generateToken"],
      creates: true,
    });
  });
});

describe("a caller whose tokens may live for 600 seconds", () => {
  const generate = (expireTime?: number) =>
    ask(LIFETIME_BOUND, GENERATE, { sessionId: ids.own, ...(expireTime && { expireTime }) });

  it.each([
    ["nothing", undefined],
    ["just that", nowSeconds + 600],
  ])("gets one that does so when it asks for %s", async (_, expireTime) => {
    const { data } = await generate(expireTime);
    expect(decodeJwt(data.generateToken.token).exp).toBe(nowSeconds + 600);
  });

  it("is refused when it asks for more, and does not get less instead", async () => {
    const { data, errors } = await generate(nowSeconds + 601);
    expect(data).toBeNull();
    expect(errors).toMatchObject([
      { extensions: { code: "FORBIDDEN", requiredLifetime: 601, maxLifetime: 600 } },
    ]);
  });
});
