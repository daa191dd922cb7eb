import { type GraphQLField, isIntrospectionType, isObjectType } from "graphql";
import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { REQUIRED_SCOPE } from "../../src/access/policy.ts";
import { createSubgraphSchema } from "../../src/graphql/federation/subgraph.ts";
import { LONG } from "../support/long.ts";
import {
  CALLERS,
  EVERYTHING,
  effective,
  issuedFor,
  LIFETIME_BOUND,
  type MatrixCaller,
  nameRefusal,
  nowSeconds,
  OPTION_BOUND,
  optionRefusal,
  type Refusal,
  SESSION_BOUND,
  SESSIONS,
  type SessionKind,
  scopeRefusal,
} from "../support/matrix.ts";
import { type Cell, ENSURE_WITH, OTHER_CELLS } from "../support/matrix-cells.ts";
import { KEY_CELLS } from "../support/matrix-key-cells.ts";
import {
  age,
  ask,
  count,
  GENERATE,
  identityIn,
  identityOf,
  ids,
  participantOf,
  startMatrix,
  subscribeToAll,
  WIRE_NAMES,
} from "../support/matrix-server.ts";
import { TOKEN_CELLS } from "../support/matrix-token-cells.ts";

startMatrix();

/** The cells of each field. A field that is not here fails. */
const CELLS = { ...OTHER_CELLS, ...TOKEN_CELLS, ...KEY_CELLS };

/** Sends the request of a cell, and fails, naming it, when anything else comes of it than must. */
async function check(caller: MatrixCaller, cell: Cell): Promise<void> {
  await cell.prepare?.();
  const before = count();
  const { status, data, errors } = await ask(caller, cell.query, cell.variables);
  const tokens = tokensIn(data);
  const seen = {
    status,
    errors: errors.map(({ path, extensions }) => ({ path, extensions })),
    data: cell.showsOthers ? withoutTokens(data) : cell.tokens && tokens.length > 0 ? "tokens" : data,
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

/** The refused field is null, and what is above it stays. */
function refusedData({
  at = [],
  refusedData = at.reduceRight<unknown>((data, name) => ({ [name]: data }), null),
}: Cell) {
  return refusedData;
}

function expected(caller: MatrixCaller, cell: Cell, data: unknown) {
  const nothing = { created: 0, tokens: [] };
  if (!caller.known) {
    const errors = [{ path: undefined, extensions: { code: "UNAUTHENTICATED", retryable: false } }];
    return { ...nothing, status: 401, data: undefined, errors };
  }
  const created = cell.creates ? 1 : 0;
  if (cell.refusal) {
    const isOfGrant = cell.refusal.code === "FORBIDDEN" && !("requiredScope" in cell.refusal);
    const problem = isOfGrant && caller.problem ? { problem: caller.problem } : {};
    const errors = [{ path: cell.at, extensions: { retryable: false, ...problem, ...cell.refusal } }];
    const tokens = cell.refusedTokens ?? [];
    const refused = tokens.length > 0 ? "tokens" : refusedData(cell);
    return { status: 200, data: refused, errors, created, tokens };
  }
  const granted = { status: 200, errors: [], created };
  const shown = typeof cell.data === "function" ? cell.data() : cell.data;
  if (!cell.tokens) return { ...granted, tokens: [], data: shown };
  // Nothing to tell of when there is no data: the comparison shows the errors.
  const issued = data ? cell.tokens(data) : "some";
  return { ...granted, tokens: issued, data: cell.showsOthers ? shown : "tokens" };
}

/** The tokens in an answer, from the outside in. */
function tokensIn(data: unknown): string[] {
  if (typeof data !== "object" || data === null) return [];
  return Object.entries(data).flatMap(([name, value]) =>
    name === "token" && typeof value === "string" ? [value] : tokensIn(value),
  );
}

function withoutTokens(data: unknown) {
  if (data === undefined) return data;
  return JSON.parse(JSON.stringify(data, (name, value) => (name === "token" && value ? "a token" : value)));
}

/** What a token says of itself, and the ledger of its identity. */
function issuedAs(token: string) {
  if (!token.startsWith("T1==")) {
    const { session_id, role, iat = 0, exp = 0, jti, connection_data: data = null } = decodeJwt(token);
    expect(iat).toBe(nowSeconds);
    return {
      sessionId: session_id,
      role: WIRE_NAMES[String(role)],
      lifetime: exp - iat,
      format: "JWT",
      identity: identityOf(jti),
      data,
    };
  }
  const text = Buffer.from(token.slice(4), "base64").toString();
  const fields = new URLSearchParams(text.slice(text.indexOf(":") + 1));
  expect(fields.get("create_time")).toBe(String(nowSeconds));
  return {
    sessionId: fields.get("session_id"),
    role: WIRE_NAMES[fields.get("role") ?? ""],
    lifetime: Number(fields.get("expire_time")) - nowSeconds,
    format: "T1",
    identity: identityOf(fields.get("nonce")),
    data: fields.get("connection_data"),
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
/** Those that need no WebSocket. */
const guarded = [...new Set([...acting, ...Object.keys(rules)])].filter(
  (path) => !path.startsWith("Subscription."),
);

describe("the policy", () => {
  it.each(acting)("has a rule for %s", (path) => {
    expect(Object.keys(rules)).toContain(path);
  });

  it.each(guarded)("is tested for %s", (path) => {
    expect(Object.keys(CELLS)).toContain(path);
  });
});

/** The callers of a field. The short form has all for the tokens, and elsewhere a ninth, which is another for the next field. */
const callersOf = (path: string) => {
  const field = guarded.indexOf(path);
  return LONG || path === "Mutation.generateToken"
    ? CALLERS
    : CALLERS.filter((_, i) => (i + field) % 9 === 0);
};

describe.each(guarded)("%s", (path) => {
  it.each(callersOf(path).map((caller) => [caller.name, caller] as const))(
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

describe("Subscription.participantChanged", () => {
  it.each(CALLERS.map((caller) => [caller.name, caller] as const))(
    "gives a caller %s what it may have, and nothing else",
    async (_, caller) => {
      const answers = await subscribeToAll(caller);
      if (!caller.known) return expect(answers).toBe(4403);
      const problem = caller.problem ? { problem: caller.problem } : {};
      const expected = SESSIONS.map((kind) => {
        const refusal =
          scopeRefusal(caller, "participants:read") ??
          (["malformed", "another project's"].includes(kind)
            ? { code: "SESSION_NOT_FOUND", argument: "sessionId" }
            : null) ??
          (caller.sessions.includes(kind)
            ? null
            : { code: "FORBIDDEN", requiredSession: ids[kind], ...problem });
        const participant = { id: participantOf(kind), identity: identityIn(kind) };
        return [
          kind,
          refusal
            ? { errors: [expect.objectContaining({ extensions: { retryable: false, ...refusal } })] }
            : { data: { participantChanged: participant } },
        ];
      });
      expect(answers).toEqual(new Map(expected as [SessionKind, object][]));
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
    const { data, errors } = await ask(
      SESSION_BOUND,
      `mutation($sessionId: ID!) { createSession { generateToken { token } }
        generateToken(sessionId: $sessionId) { token } }`,
      { sessionId: ids["another's"] },
    );
    expect(data).toEqual({
      createSession: { generateToken: { token: expect.any(String) } },
      generateToken: null,
    });
    expect(errors).toMatchObject([
      { path: ["generateToken"], extensions: { code: "FORBIDDEN", requiredSession: ids["another's"] } },
    ]);
  });
});

describe("a session with options that a caller may not request", () => {
  const name = "room-recorded";
  const options = {
    mediaMode: "ROUTED",
    archiveMode: "ALWAYS",
    archiveResolution: "SD_LANDSCAPE",
    e2ee: false,
  };
  const ensure = (caller: MatrixCaller, asked: object) => ask(caller, ENSURE_WITH, { name, ...asked });

  it.each(OPTION_BOUND.map((caller) => [caller.name, caller] as const))(
    "is found by a caller %s that does not ask for them, and refused if it does",
    async (_, caller) => {
      const { data } = await ensure(EVERYTHING, options);
      const before = count();
      expect(await ensure(caller, {})).toMatchObject({ data, errors: [] });
      for (const [option, value] of Object.entries(options)) {
        const allowed = caller.options[option]?.includes(value) ?? true;
        expect(await ensure(caller, { [option]: value })).toMatchObject(
          allowed
            ? { data, errors: [] }
            : {
                data: { ensureSession: null },
                errors: [{ extensions: { code: "FORBIDDEN", requiredOption: option } }],
              },
        );
      }
      expect(count()).toBe(before);
    },
  );
});

describe("an old session", () => {
  const replace = (name: string, caller: MatrixCaller, asked: object) =>
    ask(caller, ENSURE_WITH, { name, ...asked });

  it.each(CALLERS.filter(({ known }) => known).map((caller) => [caller.name, caller] as const))(
    "is replaced for a caller %s only if it may replace and create",
    async (_, caller) => {
      const name = `room-old-${CALLERS.indexOf(caller)}`;
      const { data: old, errors: problems } = await replace(name, EVERYTHING, {});
      expect(problems).toEqual([]);
      age(name, 61);
      const before = count();
      const unnamed = scopeRefusal(caller, "sessions:create") ?? nameRefusal(caller, name);
      const problem = caller.problem && { problem: caller.problem };
      const refused = (refusal: Refusal) => ({
        data: { ensureSession: null },
        errors: [
          { extensions: { ...refusal, ...("requiredScope" in refusal ? {} : problem), retryable: false } },
        ],
      });
      for (const asked of [{}, { maxAge: null }, { maxAge: 90 }]) {
        const refusal =
          unnamed ??
          (asked.maxAge === undefined || asked.maxAge === null
            ? null
            : scopeRefusal(caller, "sessions:replace"));
        expect(await replace(name, caller, asked), JSON.stringify(asked)).toMatchObject(
          refusal ? refused(refusal) : { data: old, errors: [] },
        );
      }
      const refusal =
        unnamed ??
        scopeRefusal(caller, "sessions:replace") ??
        optionRefusal(caller, effective({ mediaMode: "ROUTED" }));
      const answer = await replace(name, caller, { maxAge: 60, mediaMode: "ROUTED" });
      if (refusal) expect(answer).toMatchObject(refused(refusal));
      else {
        expect(answer.errors).toEqual([]);
        expect(answer.data.ensureSession.id).not.toBe(old.ensureSession.id);
      }
      expect(count() - before).toBe(refusal ? 0 : 1);
    },
  );
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
    expect(data).toEqual({ generateToken: null });
    expect(errors).toMatchObject([
      { extensions: { code: "FORBIDDEN", requiredLifetime: 601, maxLifetime: 600 } },
    ]);
  });
});
