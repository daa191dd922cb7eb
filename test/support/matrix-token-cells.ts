import { expect } from "vitest";
import { LONG } from "./long.ts";
import {
  type Ask,
  issuedFor,
  type MatrixCaller,
  nowSeconds,
  optionRefusal,
  type Refusal,
  ROLES,
  SESSIONS,
  type SessionKind,
  scopeRefusal,
  tokenRefusal,
} from "./matrix.ts";
import { type Cell, type Cells, DEFAULTS } from "./matrix-cells.ts";
import { GENERATE, ids } from "./matrix-server.ts";

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

/** Every way to request tokens: each role and none, lifetimes around a limit, both formats. */
const ASKS: Ask[] = [
  ...[...ROLES, undefined].flatMap((role): Ask[] => [
    { role },
    { role, lifetime: 601 },
    { role, format: "T1" },
  ]),
  { role: undefined, lifetime: 600 },
];

/** Each role, none, each lifetime and each format once. */
const SOME_ASKS: Ask[] = [
  { role: undefined },
  { role: undefined, lifetime: 600 },
  { role: "SUBSCRIBER" },
  { role: "PUBLISHER", lifetime: 601 },
  { role: "PUBLISHER_ONLY" },
  { role: "MODERATOR", format: "T1" },
];

/** The requests for a session: every way for the caller's own session, and in the long form for each. */
const asksFor = (kind: SessionKind) => (LONG || kind === "own" ? ASKS : SOME_ASKS);

const variablesOf = ({ role, lifetime, format }: Ask) => ({
  ...(role && { role }),
  ...(lifetime && { expireTime: nowSeconds + lifetime }),
  ...(format && { format }),
});

const nameOf = ({ role, lifetime, format }: Ask) =>
  `${role ?? "no role"} for ${lifetime ?? "no"} seconds as ${format ?? "JWT"}`;

/** The cells of the fields that issue tokens. */
export const TOKEN_CELLS: Cells = {
  "Mutation.generateToken": (caller) => [
    ...whoCells(caller),
    ...SESSIONS.flatMap((kind) =>
      asksFor(kind).map((asked) => ({
        name: `${kind}, ${nameOf(asked)}`,
        query: GENERATE,
        variables: { sessionId: ids[kind], ...variablesOf(asked) },
        refusal: tokenRefusal(caller, kind, ids[kind], asked),
        at: ["generateToken"],
        tokens: () => [issuedFor(caller, ids[kind], asked)],
      })),
    ),
  ],

  "Mutation.generateTokens": (caller) =>
    SESSIONS.flatMap((kind) =>
      [...asksFor(kind).map((asked) => [asked]), ASKS].map((asks) => batch(caller, kind, asks)),
    ),

  "Session.generateToken": (caller) => [
    ...ASKS.map((asked) => belowCreate(caller, asked)),
    ...SESSIONS.flatMap((kind) => asksFor(kind).map((asked) => belowToken(caller, kind, asked))),
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
        data: { session: null },
      };
    }),
  ],
};

/** Mutation.generateToken with an identity or data. */
function whoCells(caller: MatrixCaller): Cell[] {
  const role = caller.roles[0] ?? "PUBLISHER";
  const isOther = (bound: string | null, asked: string) => bound !== null && bound !== asked;
  const cell = (name: "identity" | "data", value: string, details: object): Cell => ({
    name: `own, with the ${name} ${value}`,
    query: `mutation($sessionId: ID!, $role: Role, $identity: String, $data: String) {
      generateToken(sessionId: $sessionId, role: $role, identity: $identity, data: $data) { token role } }`,
    variables: { sessionId: ids.own, role, [name]: value },
    refusal:
      tokenRefusal(caller, "own", ids.own, { role }) ??
      (isOther(caller[name], value) ? { code: "FORBIDDEN", ...details } : null),
    at: ["generateToken"],
    tokens: () => [issuedFor(caller, ids.own, { role })],
  });
  return [
    ...["ada", "own", "bob"].map((identity) => cell("identity", identity, { requiredIdentity: identity })),
    ...["seat 1", "seat 2", ""].map((data) => cell("data", data, { requiredData: true })),
  ];
}

/** Mutation.generateTokens. Only a missing permission for the session refuses the whole request. */
function batch(caller: MatrixCaller, kind: SessionKind, asks: readonly Ask[]): Cell {
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
  const uncreated = scopeRefusal(caller, "sessions:create") ?? optionRefusal(caller, DEFAULTS);
  return {
    name: `created, ${nameOf(asked)}`,
    query: GENERATE_BELOW_CREATE,
    variables: variablesOf(asked),
    refusal: uncreated ?? tokenRefusal(caller, "created", "", asked),
    at: uncreated ? ["createSession"] : ["createSession", "generateToken"],
    ...(uncreated === null && {
      refusedData: { createSession: { sessionId: expect.any(String), generateToken: null } },
    }),
    creates: uncreated === null,
    tokens: (data) => [issuedFor(caller, data.createSession.sessionId, asked)],
  };
}

/** Session.generateToken on the session of a new token, with a granted role if there is one. */
function belowToken(caller: MatrixCaller, kind: SessionKind, asked: Ask): Cell {
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
    ...(refused === null && { refusedTokens: [issuedFor(caller, ids[kind], outer)] }),
    tokens: () => [outer, asked].map((each) => issuedFor(caller, ids[kind], each)),
  };
}
