import { isObjectType } from "graphql";
import { beforeAll, describe, expect, it } from "vitest";
import { ACTIONS } from "../../src/access/actions.ts";
import { REQUIRED_SCOPE, REQUIRED_SCOPE_OF_ARGUMENT } from "../../src/access/policy.ts";
import { createSchema } from "../../src/graphql/schema.ts";
import { EVERYTHING as ALL_CLAIMS, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { LONG } from "../support/long.ts";
import {
  CALLERS,
  EVERYTHING,
  type MatrixCaller,
  ROLES,
  SESSION_NAMES,
  SESSIONS,
  type SessionKind,
} from "../support/matrix.ts";
import { OTHER_CELLS } from "../support/matrix-cells.ts";
import {
  ask,
  banOf,
  GENERATE,
  ids,
  latestRecordOf,
  leaverOf,
  participantOf,
  recordsOf,
  startMatrix,
  subscribeToAll,
} from "../support/matrix-server.ts";
import { serverForTest } from "../support/server.ts";

startMatrix();
// Each session that can have a token has one to revoke.
beforeAll(() => ask(EVERYTHING, GENERATE, { sessionId: ids.sibling }));

/** A call, and the arguments of `can` that describe it. */
interface Probe {
  readonly planned: Readonly<Record<string, unknown>>;
  readonly query: string;
  readonly variables: Record<string, unknown>;
  /** The path of the field. A refusal above it says nothing of it. */
  readonly at: readonly string[];
}

type Probes = (caller: MatrixCaller) => Probe[];

const oneOf = (
  kinds: readonly SessionKind[],
  probe: (kind: SessionKind) => Omit<Probe, "planned">,
): Probe[] => kinds.map((kind) => ({ planned: { sessionId: ids[kind] }, ...probe(kind) }));

/** A mutation with the ID of a session. */
const onSession =
  (field: string, args = ""): Probes =>
  () =>
    oneOf(SESSIONS, (kind) => ({
      query: `mutation($sessionId: ID!) { ${field}(sessionId: $sessionId ${args}) { id } }`,
      variables: { sessionId: ids[kind] },
      at: [field],
    }));

/** A mutation with the ID of something in a session. */
const onId =
  (field: string, idIn: (kind: SessionKind) => string, args = ""): Probes =>
  () =>
    oneOf(SESSIONS, (kind) => ({
      query: `mutation($id: ID!) { ${field}(id: $id ${args}) { id } }`,
      variables: { id: idIn(kind) },
      at: [field],
    }));

const belowSession =
  (field: string, selection = ""): Probes =>
  () =>
    oneOf(SESSIONS, (kind) => ({
      query: `query($sessionId: ID!) { session(sessionId: $sessionId) { ${field} ${selection} } }`,
      variables: { sessionId: ids[kind] },
      at: ["session", field],
    }));

const ensures =
  (args: string): Probes =>
  () =>
    Object.values(SESSION_NAMES).flatMap((name) =>
      name === null
        ? []
        : [
            {
              planned: { name },
              query: `mutation($name: String!) { ensureSession(name: $name ${args}) { id } }`,
              variables: { name },
              at: ["ensureSession"],
            },
          ],
    );

const ofWrongName =
  (selection: string, field: string): Probes =>
  () => [{ planned: {}, query: `mutation { ${selection} }`, variables: {}, at: [field] }];

const roles = [...ROLES, undefined];

/** The calls of each action whose decision depends on more than a scope. */
const PROBES: Readonly<Record<string, Probes>> = {
  SESSION: () => [
    ...oneOf(SESSIONS, (kind) => ({
      query: "query($sessionId: ID!) { session(sessionId: $sessionId) { id } }",
      variables: { sessionId: ids[kind] },
      at: ["session"],
    })),
    ...(["own", "sibling", "another's"] as const).map((kind) => ({
      planned: { name: SESSION_NAMES[kind] },
      query: "query($name: String!) { session(name: $name) { id } }",
      variables: { name: SESSION_NAMES[kind] },
      at: ["session"],
    })),
  ],
  PARTICIPANT: () =>
    oneOf(SESSIONS, (kind) => ({
      query: "query($id: ID!) { participant(id: $id) { id } }",
      variables: { id: participantOf(kind) },
      at: ["participant"],
    })),
  ENSURE_SESSION: ensures(""),
  ENSURE_SESSION_MAX_AGE: ensures("maxAge: 86400"),
  GENERATE_TOKEN: () =>
    SESSIONS.flatMap((kind) =>
      roles.map((role) => ({
        planned: { sessionId: ids[kind], role },
        query:
          "mutation($sessionId: ID!, $role: Role) { generateToken(sessionId: $sessionId, role: $role) { id } }",
        variables: { sessionId: ids[kind], role },
        at: ["generateToken"],
      })),
    ),
  GENERATE_TOKENS: () =>
    SESSIONS.map((kind) => ({
      planned: { sessionId: ids[kind] },
      query: `mutation($sessionId: ID!, $requests: [TokenRequest!]!) {
        generateTokens(sessionId: $sessionId, requests: $requests) { __typename } }`,
      variables: { sessionId: ids[kind], requests: [] },
      at: ["generateTokens"],
    })),
  SESSION_GENERATE_TOKEN: (caller) =>
    roles.map((role) => ({
      planned: { sessionId: ids.own, role },
      query: `mutation($sessionId: ID!, $outer: Role, $role: Role) {
        generateToken(sessionId: $sessionId, role: $outer) { session { generateToken(role: $role) { id } } } }`,
      variables: { sessionId: ids.own, outer: caller.roles[0], role },
      at: ["generateToken", "session", "generateToken"],
    })),
  REMOVE_PARTICIPANT: onId("removeParticipant", leaverOf),
  REMOVE_PARTICIPANT_BAN: onId("removeParticipant", leaverOf, "ban: {}"),
  MUTE_PARTICIPANT: onId("muteParticipant", leaverOf),
  MUTE_SESSION: onSession("muteSession"),
  SEND_SIGNAL: onSession("sendSignal", 'type: "chat" data: "Hello"'),
  SET_MAX_PARTICIPANTS: onSession("setMaxParticipants"),
  BAN_IDENTITY: (caller) => [
    ...onSession("banIdentity", 'identity: "banned"')(caller),
    {
      planned: {},
      query: 'mutation { banIdentity(identity: "banned") { id } }',
      variables: {},
      at: ["banIdentity"],
    },
  ],
  LIFT_BAN: onId("liftBan", (kind) => banOf(kind, "lifted")),
  REVOKE_TOKEN: onId("revokeToken", latestRecordOf),
  SESSION_ISSUED_TOKENS: belowSession("issuedTokens", "{ nodes { id } }"),
  SESSION_PARTICIPANTS: belowSession("participants", "{ nodes { id } }"),
  SESSION_PARTICIPANT_COUNT: belowSession("participantCount"),
  PARTICIPANT_TOKEN: () =>
    oneOf(["own", "another's"], (kind) => ({
      query: "query($id: ID!) { participant(id: $id) { token { id } } }",
      variables: { id: participantOf(kind) },
      at: ["participant", "token"],
    })),
  ISSUED_TOKEN_USED_BY: () =>
    oneOf(["own", "another's"], (kind) => ({
      query: "query($id: ID!) { node(id: $id) { ... on IssuedToken { usedBy { id } } } }",
      variables: { id: recordsOf(ids[kind]).at(-1)?.id },
      at: ["node", "usedBy"],
    })),
  // The name is wrong, because the decision about a right one depends on the key's grant.
  CREATE_API_KEY: ofWrongName('createApiKey(name: "", preset: READ_ONLY) { key }', "createApiKey"),
  REVOKE_API_KEY: ofWrongName('revokeApiKey(name: "") { id }', "revokeApiKey"),
  API_KEYS: () => [{ planned: {}, query: "{ apiKeys { nodes { id } } }", variables: {}, at: ["apiKeys"] }],
};

/** The calls of an action that needs only a scope: what the matrix first asks of its field. */
const ofScope =
  (field: string): Probes =>
  (caller) => {
    const [cell] = OTHER_CELLS[field]?.(caller) ?? [];
    if (!cell) throw new Error(`the matrix has no cell for ${field}`);
    return [{ planned: {}, query: cell.query, variables: cell.variables ?? {}, at: cell.at ?? [] }];
  };

const MEMBERS = "requiredScope requiredRole requiredSession requiredName requiredModerator problem";
const SELECTION = `{ allowed missing { message ${MEMBERS} } }`;
const CAN = `query($action: Action!, $sessionId: ID, $name: String, $role: Role) { videoCaller {
  can(action: $action, sessionId: $sessionId, name: $name, role: $role) ${SELECTION} } }`;

// biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of the query that it answers
type Answer = { data?: any; errors?: any[] };

interface Asked {
  readonly action: string;
  readonly planned: Probe["planned"];
}

/** What `can` says of each: null for allowed, or what is missing, or the extensions of an error. */
async function sayingsOf(caller: MatrixCaller, asked: readonly Asked[]) {
  const sayings = new Map<Asked, Record<string, unknown> | null>();
  // One error takes all answers of its request.
  const isAlone = ({ planned: { sessionId } }: Asked) =>
    sessionId === ids.malformed || sessionId === ids["another project's"];
  const together = asked.filter((each) => !isAlone(each));
  const requests = [...asked.filter(isAlone).map((each) => [each]), ...inTens(together)];
  for (const request of requests) {
    const fields = request.map(
      ({ action, planned }, i) => `c${i}: can(action: ${action} ${argumentsOf(planned)}) ${SELECTION}`,
    );
    const { data, errors } = await ask(caller, `{ videoCaller { ${fields.join()} } }`);
    if (errors.length > 0) expect(request, JSON.stringify(errors)).toHaveLength(1);
    for (const [i, each] of request.entries())
      sayings.set(
        each,
        errors.length > 0 ? { error: errors[0].extensions } : said(data.videoCaller[`c${i}`]),
      );
  }
  return sayings;
}

const inTens = <T>(items: readonly T[]): T[][] =>
  items.length === 0 ? [] : [items.slice(0, 10), ...inTens(items.slice(10))];

/** The arguments as they stand in a document. */
function argumentsOf(planned: Probe["planned"]): string {
  const given = Object.entries(planned).filter(([, value]) => value !== undefined);
  return given
    .map(([name, value]) => `, ${name}: ${name === "role" ? value : JSON.stringify(value)}`)
    .join("");
}

function said({ allowed, missing }: Answer["data"]): Record<string, unknown> | null {
  expect(allowed).toBe(missing === null);
  return missing && Object.fromEntries(Object.entries(missing).filter(([, value]) => value !== null));
}

/** What `can` must say, by the answer of the call; undefined if the answer is no answer of this field. */
function expectedBy({ data, errors = [] }: Answer, at: readonly string[], planned: Probe["planned"]) {
  const [error] = errors;
  if (error?.path && error.path.length < at.length) return undefined;
  const { code, retryable, ...members } = error?.extensions ?? {};
  expect(["RATE_LIMITED", "OVERLOADED", "INTERNAL_SERVER_ERROR"]).not.toContain(code);
  // Options are no part of the question.
  if (code === "FORBIDDEN" && !members.requiredOption) return { message: error.message, ...members };
  if (code === "SESSION_NOT_FOUND") return { error: error.extensions };
  // The field does not tell what it hides from what does not exist. `can` neither looks for it.
  const isHidden =
    (code === "BAD_USER_INPUT" && members.argument === "id") || (!error && data?.[at[0] ?? ""] === null);
  if (!isHidden) return null;
  if (at.length > 1) return undefined;
  const { name, sessionId } = planned;
  return expect.toSatisfy(
    (said) =>
      said?.error?.code === "SESSION_NOT_FOUND" ||
      (name === undefined ? said?.requiredSession === sessionId : said?.requiredName === name),
  );
}

describe("an action", () => {
  it("is every field and every argument with a scope", () => {
    const fields = Object.entries(REQUIRED_SCOPE).flatMap(([field, scope]) =>
      scope === null || field.includes("._") ? [] : [field],
    );
    expect([...ACTIONS.values()].map(({ argument, field }) => argument ?? field).sort()).toEqual(
      [...fields, ...Object.keys(REQUIRED_SCOPE_OF_ARGUMENT)].sort(),
    );
    expect(ACTIONS.size).toBe(new Set(ACTIONS.keys()).size);
  });

  it.each([...ACTIONS])(
    "%s takes the arguments on which the decision about its field depends",
    (_, action) => {
      const [typeName = "", name = ""] = action.field.split(".");
      const type = createSchema().getType(typeName);
      const field = isObjectType(type) ? type.getFields()[name] : undefined;
      expect(field).toBeDefined();
      const has = (argument: string) => field?.args.some((each) => each.name === argument);
      if (has("sessionId")) expect(action.session).toBeDefined();
      // These fields take the name of an API key, not of a session.
      const namesKey = REQUIRED_SCOPE[action.field] === "keys:manage";
      if (has("name") && !namesKey) expect(action.byName).toBeDefined();
      if (has("role")) expect(action.role).toBeDefined();
    },
  );
});

const KNOWN = CALLERS.filter(({ known }) => known).map((caller, i) => ({ caller, name: caller.name, i }));

/** One of so many, and all in the long form. The short form takes others for each caller. */
const sample = <T>(items: readonly T[], one: number, from: number): T[] =>
  items.filter((_, i) => LONG || (i + from) % one === 0);

describe("can", () => {
  it.each(KNOWN)("tells a caller $name what its calls do", async ({ caller, i }) => {
    const probes = [...ACTIONS]
      .filter(([action]) => action !== "PARTICIPANT_CHANGED")
      .flatMap(([action, { field }]) =>
        (PROBES[action] ?? ofScope(field))(caller).map((probe) => ({ action, ...probe })),
      );
    const asked = sample(probes, 13, i);
    const sayings = await sayingsOf(caller, asked);
    for (const probe of asked) {
      const { action, planned, query, variables, at } = probe;
      const expected = expectedBy(await ask(caller, query, variables), at, planned);
      if (expected !== undefined)
        expect(sayings.get(probe), `${action} ${JSON.stringify(planned)}`).toEqual(expected);
    }
  });

  it.each(sample(KNOWN, 6, 0))("tells a caller $name what the subscription does", async ({ caller }) => {
    const answers = await subscribeToAll(caller);
    if (typeof answers === "number") throw new Error("the socket closed");
    const asked = [...answers].map(([kind, answer]) => ({
      action: "PARTICIPANT_CHANGED",
      planned: { sessionId: ids[kind] },
      answer: answer as Answer,
    }));
    const sayings = await sayingsOf(caller, asked);
    for (const each of asked)
      expect(sayings.get(each), each.planned.sessionId).toEqual(
        expectedBy(each.answer, ["participantChanged"], each.planned),
      );
  });

  it.each(sample(KNOWN, 3, 0))("refuses a caller $name a role as a batch does", async ({ caller }) => {
    const { data } = await ask(
      caller,
      `mutation($sessionId: ID!, $requests: [TokenRequest!]!) {
        generateTokens(sessionId: $sessionId, requests: $requests) { ... on TokenRefusal { message } } }`,
      { sessionId: ids.own, requests: ROLES.map((role) => ({ role })) },
    );
    if (!data.generateTokens) return;
    const asked = ROLES.map((role) => ({
      action: "GENERATE_TOKENS",
      planned: { sessionId: ids.own, role },
    }));
    const sayings = await sayingsOf(caller, asked);
    for (const [i, each] of asked.entries())
      expect(sayings.get(each)?.message).toBe(data.generateTokens[i].message);
  });
});

it("does not tell whether a name that the caller may not use has a session", async () => {
  const server = await serverForTest({ AUTH_JWT_SECRET: JWT_SECRET });
  const made = await server.graphql(
    'mutation { a: ensureSession(name: "mine") { id } b: ensureSession(name: "secret") { id } }',
    {},
    signedJwt(ALL_CLAIMS),
  );
  const caller = signedJwt({
    scope: "sessions:read sessions:create",
    video_grant: { sessions: [made.data.a.id] },
  });
  const can = async (name: string, action = "SESSION") => {
    const { data } = await server.graphql(CAN, { action, name }, caller);
    const { allowed, missing } = data.videoCaller.can;
    return [allowed, missing?.requiredName];
  };
  expect(await can("mine")).toEqual([true, undefined]);
  expect(await can("secret")).toEqual([false, "secret"]);
  expect(await can("nothing")).toEqual([false, "nothing"]);
  // The session of a name can be replaced.
  expect(await can("mine", "ENSURE_SESSION")).toEqual([false, "mine"]);
});

it("a caller that is not known gets no answer", async () => {
  for (const caller of CALLERS.filter(({ known }) => !known))
    expect(await ask(caller, CAN, { action: "SESSIONS" })).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: "UNAUTHENTICATED" } }],
    });
});

describe("an argument that does not fit", () => {
  it.each([
    [
      "role",
      "SESSION",
      { sessionId: true, role: "PUBLISHER" },
      "role does not apply to SESSION; leave it out",
    ],
    [
      "sessionId",
      "CREATE_SESSION",
      { sessionId: true },
      "sessionId does not apply to CREATE_SESSION; leave it out",
    ],
    ["name", "GENERATE_TOKEN", { name: "room-1" }, "name does not apply to GENERATE_TOKEN; leave it out"],
    [
      "name",
      "SESSION",
      { sessionId: true, name: "room-1" },
      "name and sessionId exclude each other; leave one of them out",
    ],
    ["name", "ENSURE_SESSION", { name: "" }, expect.stringMatching(/^name must/)],
  ])("is named: %s of %s", async (argument, action, planned, message) => {
    const variables = { action, ...planned, ...("sessionId" in planned && { sessionId: ids.own }) };
    // Without any permission, too.
    for (const caller of [EVERYTHING, CALLERS.find(({ scopes }) => scopes.length === 0) ?? EVERYTHING]) {
      if (action === "ENSURE_SESSION" && caller !== EVERYTHING) continue;
      const { errors } = await ask(caller, CAN, variables);
      expect(errors).toMatchObject([
        { message, path: ["videoCaller", "can"], extensions: { code: "BAD_USER_INPUT", argument } },
      ]);
    }
  });
});
