import { expect } from "vitest";
import { LONG } from "./long.ts";
import {
  type Ask,
  effective,
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
import type { Cell, Cells } from "./matrix-cells.ts";
import { GENERATE, ids, TOKEN_ARGS, TOKEN_VARIABLES } from "./matrix-server.ts";

const GENERATE_BELOW_TOKEN = `mutation($sessionId: ID!, $outer: Role, ${TOKEN_VARIABLES}) {
  generateToken(sessionId: $sessionId, role: $outer) { token session {
    generateToken(${TOKEN_ARGS}) { token role } } } }`;

const GENERATE_BELOW_CREATE = `mutation(${TOKEN_VARIABLES}) {
  createSession { sessionId generateToken(${TOKEN_ARGS}) { token role } } }`;

const GENERATE_MANY = `mutation($sessionId: ID!, $requests: [TokenRequest!]!) {
  generateTokens(sessionId: $sessionId, requests: $requests) {
    ... on ConnectionToken { token } ... on TokenRefusal { code } } }`;

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

/** Identities and data, some of which callers are bound to. */
const WHO_ASKS: Ask[] = [
  ...["ada", "own", "bob", "Ada", null].map((identity) => ({ identity })),
  ...["seat 1", "seat 2", "", null].map((data) => ({ data })),
  { identity: "ada", data: "seat 1", format: "T1" as const },
  { identity: "bob", data: "seat 1" },
  { identity: "ada", data: "seat 2", lifetime: 601 },
].map((ask) => ({ role: undefined, ...ask }));

const ALL_ASKS = [...ASKS, ...WHO_ASKS];

/** The requests of `Mutation.generateToken`: every way for the caller's own session, and in the long form for each. */
const asksFor = (kind: SessionKind) => (LONG || kind === "own" ? ALL_ASKS : SOME_ASKS);

/** The requests of the other fields, which end in the same code. */
const OTHER_ASKS = LONG ? ALL_ASKS : [...SOME_ASKS, ...WHO_ASKS.slice(-3)];

const variablesOf = ({ lifetime, ...rest }: Ask) => ({
  ...rest,
  ...(lifetime && { expireTime: nowSeconds + lifetime }),
});

const nameOf = ({ role, lifetime, format, identity, data }: Ask) =>
  `${role ?? "no role"} for ${lifetime ?? "no"} seconds as ${format ?? "JWT"}, ${JSON.stringify({ identity, data })}`;

/** The cells of the fields that issue tokens. */
export const TOKEN_CELLS: Cells = {
  "Mutation.generateToken": (caller) =>
    SESSIONS.flatMap((kind) =>
      asksFor(kind).map((asked) => ({
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
      [...OTHER_ASKS.map((asked) => [asked]), ALL_ASKS].map((asks) => batch(caller, kind, asks)),
    ),

  "Session.generateToken": (caller) => [
    ...OTHER_ASKS.map((asked) => belowCreate(caller, asked)),
    ...SESSIONS.flatMap((kind) => OTHER_ASKS.map((asked) => belowToken(caller, kind, asked))),
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
    data: {
      generateTokens: refusals.map((refusal) => (refusal ? { code: refusal.code } : { token: "a token" })),
    },
    ...(granted.length > 0 && {
      tokens: () => granted.map((asked) => issuedFor(caller, ids[kind], asked)),
      showsOthers: true,
    }),
  };
}

/** Session.generateToken in the request that creates the session. */
function belowCreate(caller: MatrixCaller, asked: Ask): Cell {
  const uncreated = scopeRefusal(caller, "sessions:create") ?? optionRefusal(caller, effective({}));
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
    variables: { sessionId: ids[kind], outer: outer.role, ...variablesOf(asked) },
    refusal: refused ?? tokenRefusal(caller, kind, ids[kind], asked),
    at: refused ? ["generateToken"] : ["generateToken", "session", "generateToken"],
    ...(refused === null && { refusedTokens: [issuedFor(caller, ids[kind], outer)] }),
    tokens: () => [outer, asked].map((each) => issuedFor(caller, ids[kind], each)),
  };
}
