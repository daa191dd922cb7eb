import { API_KEY } from "./credentials.ts";
import {
  type Ask,
  CALLERS,
  effective,
  type Issued,
  issuedFor,
  type MatrixCaller,
  managerRefusal,
  nameRefusal,
  nowSeconds,
  type Options,
  optionRefusal,
  type Refusal,
  ROLES,
  SESSION_NAMES,
  SESSIONS,
  type SessionKind,
  scopeRefusal,
  tokenRefusal,
} from "./matrix.ts";
import {
  banOf,
  banOfAll,
  identityIn,
  ids,
  inspected,
  issuedByRole,
  latestRecordOf,
  leaverOf,
  participantOf,
  recordsOf,
  registered,
} from "./matrix-server.ts";

/** One request of a caller, and the expected outcome. */
export interface Cell {
  readonly name: string;
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  /** Why it is refused; null when it is granted. */
  readonly refusal: Refusal | null;
  /** Makes what the request needs. */
  readonly prepare?: () => Promise<void>;
  /** The path of the refused field. */
  readonly at?: readonly string[];
  /** The data of an answer that refuses. */
  readonly refusedData?: unknown;
  /** Tokens issued above the refused field. */
  readonly refusedTokens?: readonly Issued[];
  /** Whether a session is created. */
  readonly creates?: boolean;
  /** Whether a token is issued that is missing from the answer. */
  readonly alone?: boolean;
  /** The tokens that are issued if it is granted. The data has the ID of a new session. */
  // biome-ignore lint/suspicious/noExplicitAny: data has the shape of the query that it answers
  readonly tokens?: (data: any) => Issued[];
  /** Whether `data` is what the answer has besides the tokens, each of which is then `a token`. */
  readonly showsOthers?: boolean;
  /** The data if it is granted, or a function that returns it afterwards. */
  readonly data?: unknown;
}

/** The cells of fields for a caller. */
export type Cells = Readonly<Record<string, (caller: MatrixCaller) => Cell[]>>;

const ENSURE_AND_GENERATE = `mutation($name: String!, $role: Role) {
  ensureSession(name: $name) { generateToken(role: $role) { token role } } }`;

/** The beginning of the matrix's hour, or of an hour before it. */
const hoursAgo = (hours: number) => new Date(Math.floor(nowSeconds / 3600 - hours) * 3_600_000).toISOString();

/** The cell of a field that is open to every caller. */
const open = (query: string, data: unknown): Cell[] => [{ name: "open", query, refusal: null, data }];

/** The participant of a session as the caller sees it; null if it may not. */
function shownParticipant(caller: MatrixCaller, kind: SessionKind) {
  return caller.sessions.includes(kind) ? { id: participantOf(kind), identity: identityIn(kind) } : null;
}

/** A field of a session that needs `participants:read`. */
function belowSession(
  caller: MatrixCaller,
  kind: SessionKind,
  field: string,
  selection: string,
  data: () => unknown,
): Cell {
  const unread = scopeRefusal(caller, "sessions:read");
  const shown = caller.sessions.includes(kind);
  return {
    name: kind,
    query: `query($sessionId: ID!) { session(sessionId: $sessionId) { ${field} ${selection} } }`,
    variables: { sessionId: ids[kind] },
    refusal: unread ?? (shown ? scopeRefusal(caller, "participants:read") : null),
    at: unread ? ["session"] : ["session", field],
    data: () => ({ session: shown ? { [field]: data() } : null }),
  };
}

/** An argument that names nothing that the caller may act on. */
const unknownFor = (caller: MatrixCaller, kind: SessionKind, argument: string): Refusal | null =>
  caller.sessions.includes(kind)
    ? managerRefusal(caller, kind, ids[kind])
    : { code: "BAD_USER_INPUT", argument };

/** Why a caller may not act on a session, besides the scope. */
function actRefusal(caller: MatrixCaller, kind: SessionKind): Refusal | null {
  if (kind === "malformed" || kind === "another project's")
    return { code: "SESSION_NOT_FOUND", argument: "sessionId" };
  if (!caller.sessions.includes(kind)) return { code: "FORBIDDEN", requiredSession: ids[kind] };
  return managerRefusal(caller, kind, ids[kind]);
}

/** The local platform knows no session that nobody has joined. */
const NOBODY_THERE: Refusal = { code: "NOT_IN_SESSION" };

/** The cells of an act on each session, which fails after every permission. */
const actsOnSession = (caller: MatrixCaller, field: string, args: string): Cell[] =>
  SESSIONS.map((kind) => ({
    name: kind,
    query: `mutation($sessionId: ID!) { ${field}(sessionId: $sessionId ${args}) { id } }`,
    variables: { sessionId: ids[kind] },
    refusal: scopeRefusal(caller, "participants:manage") ?? actRefusal(caller, kind) ?? NOBODY_THERE,
    at: [field],
  }));

/** How many names were made for new sessions. A cell that is tried again needs another. */
let made = 0;

/** Options that a session can have. */
const OPTIONS: readonly Options[] = [
  {},
  { mediaMode: null, archiveMode: null, archiveResolution: null, e2ee: null },
  { mediaMode: "RELAYED" },
  { mediaMode: "ROUTED" },
  { archiveMode: "MANUAL", e2ee: false },
  { mediaMode: "ROUTED", e2ee: true },
  { mediaMode: "ROUTED", archiveMode: "ALWAYS" },
  { mediaMode: "ROUTED", archiveMode: "ALWAYS", archiveResolution: "SD_LANDSCAPE" },
  { mediaMode: "ROUTED", archiveMode: "ALWAYS", archiveResolution: "HD_LANDSCAPE" },
];
const OPTION_VARIABLES =
  "$mediaMode: MediaMode, $archiveMode: ArchiveMode, $archiveResolution: ArchiveResolution, $e2ee: Boolean";
const OPTION_ARGS =
  "mediaMode: $mediaMode, archiveMode: $archiveMode, archiveResolution: $archiveResolution, e2ee: $e2ee";

/** Gets or creates the session of a name with options. */
export const ENSURE_WITH = `mutation($name: String!, $maxAge: Int, ${OPTION_VARIABLES}) {
  ensureSession(name: $name, maxAge: $maxAge, ${OPTION_ARGS}) { id name } }`;

/** The options of the named sessions. */
const EXISTING: Options = {
  mediaMode: "RELAYED",
  archiveMode: "MANUAL",
  archiveResolution: null,
  e2ee: false,
};

/** Why an existing session does not do. */
function differenceFrom(existing: Options, asked: Options): Refusal | null {
  const argument = Object.keys(existing).find(
    (name) => (asked[name] ?? null) !== null && asked[name] !== existing[name],
  );
  return argument === undefined ? null : { code: "BAD_USER_INPUT", argument };
}

/** The sessions of a name. */
const NAMED = ["own", "sibling", "another's"] as const;

/** The cells of the fields that issue no tokens, and of other uses of tokens. */
export const OTHER_CELLS: Cells = {
  "Query.session": (caller) => {
    const cell = (kind: SessionKind, query: string, variables: Record<string, unknown>): Cell => ({
      name: `${kind}, by ${Object.keys(variables).join()}`,
      query,
      variables,
      refusal: scopeRefusal(caller, "sessions:read"),
      at: ["session"],
      data: {
        session: caller.sessions.includes(kind) ? { id: ids[kind], name: SESSION_NAMES[kind] } : null,
      },
    });
    const byId = "query($sessionId: ID!) { session(sessionId: $sessionId) { id name } }";
    const byName = "query($name: String!) { session(name: $name) { id name } }";
    return [
      ...SESSIONS.map((kind) => cell(kind, byId, { sessionId: ids[kind] })),
      ...NAMED.map((kind) => cell(kind, byName, { name: SESSION_NAMES[kind] })),
    ];
  },

  "Query.node": (caller) => [
    ...SESSIONS.map((kind) => ({
      name: `the session, ${kind}`,
      query: "query($id: ID!) { node(id: $id) { id ... on Session { name } } }",
      variables: { id: ids[kind] },
      refusal: scopeRefusal(caller, "sessions:read"),
      at: ["node"],
      data: {
        node: caller.sessions.includes(kind) ? { id: ids[kind], name: SESSION_NAMES[kind] } : null,
      },
    })),
    ...SESSIONS.flatMap((kind) =>
      recordsOf(ids[kind])
        .slice(0, 1)
        .map(({ id }) => ({
          name: `the record of a token, ${kind}`,
          query: "query($id: ID!) { node(id: $id) { id ... on IssuedToken { sessionId } } }",
          variables: { id },
          refusal: scopeRefusal(caller, "ledger:read"),
          at: ["node"],
          data: { node: caller.sessions.includes(kind) ? { id, sessionId: ids[kind] } : null },
        })),
    ),
    ...SESSIONS.map((kind) => ({
      name: `the participant, ${kind}`,
      query: "query($id: ID!) { node(id: $id) { id ... on Participant { identity } } }",
      variables: { id: participantOf(kind) },
      refusal: scopeRefusal(caller, "participants:read"),
      at: ["node"],
      data: { node: shownParticipant(caller, kind) },
    })),
    ...SESSIONS.map((kind) => ({
      name: `the ban, ${kind}`,
      query: "query($id: ID!) { node(id: $id) { id ... on Ban { identity } } }",
      variables: { id: banOf(kind, "listed") },
      refusal: scopeRefusal(caller, "bans:manage"),
      at: ["node"],
      data: {
        node: caller.sessions.includes(kind) ? { id: banOf(kind, "listed"), identity: "listed" } : null,
      },
    })),
  ],

  "Query.bans": (caller) => {
    const query = `query($filter: BanFilter) { bans(first: 100, filter: $filter) {
      nodes { id session { id } } pageInfo { hasNextPage } } }`;
    const cell = (name: string, filter: Record<string, unknown>, kinds: readonly SessionKind[]): Cell => {
      const nodes = kinds.map((kind) => ({ id: banOf(kind, "listed"), session: { id: ids[kind] } }));
      const ofAll = filter.sessionId === undefined && caller.sessions.includes("unknown");
      return {
        name,
        query,
        variables: { filter: { identity: "listed", ...filter } },
        refusal: scopeRefusal(caller, "bans:manage"),
        at: ["bans"],
        data: {
          bans: {
            nodes: [...(ofAll ? [{ id: banOfAll("listed"), session: null }] : []), ...nodes.reverse()],
            pageInfo: { hasNextPage: false },
          },
        },
      };
    };
    const usable = SESSIONS.filter((kind) => caller.sessions.includes(kind));
    return [
      cell("every session", {}, usable),
      ...SESSIONS.map((kind) =>
        cell(
          kind,
          { sessionId: ids[kind] },
          usable.filter((each) => each === kind),
        ),
      ),
    ];
  },

  "Mutation.banIdentity": (caller) => {
    const refusal = scopeRefusal(caller, "bans:manage");
    const ban = (name: string, sessionId: string | null, why: Refusal | null): Cell => ({
      name,
      query: `mutation($sessionId: ID) { banIdentity(identity: "banned", sessionId: $sessionId) {
        identity createdBy session { id } } }`,
      variables: { sessionId },
      refusal: refusal ?? why,
      at: ["banIdentity"],
      data: {
        banIdentity: {
          identity: "banned",
          createdBy: caller.subject,
          session: sessionId && { id: sessionId },
        },
      },
    });
    const mayUseAll = caller.sessions.includes("unknown");
    return [
      ...SESSIONS.map((kind) => ban(kind, ids[kind], actRefusal(caller, kind))),
      ban(
        "every session",
        null,
        mayUseAll ? managerRefusal(caller, "unknown", "*") : { code: "FORBIDDEN", requiredSession: "*" },
      ),
    ];
  },

  "Mutation.liftBan": (caller) => {
    const lift = (name: string, id: string, why: Refusal | null): Cell => ({
      name,
      query: "mutation($id: ID!) { liftBan(id: $id) { id isActive } }",
      variables: { id },
      refusal: scopeRefusal(caller, "bans:manage") ?? why,
      at: ["liftBan"],
      data: { liftBan: { id, isActive: false } },
    });
    const mayUseAll = caller.sessions.includes("unknown");
    return [
      ...SESSIONS.map((kind) => lift(kind, banOf(kind, "lifted"), unknownFor(caller, kind, "id"))),
      lift(
        "every session",
        banOfAll("lifted"),
        mayUseAll ? managerRefusal(caller, "unknown", "*") : { code: "BAD_USER_INPUT", argument: "id" },
      ),
    ];
  },

  "Mutation.revokeToken": (caller) =>
    SESSIONS.map((kind) => {
      const id = latestRecordOf(kind);
      return {
        name: kind,
        query: "mutation($id: ID!) { revokeToken(id: $id) { id sessionId } }",
        variables: { id },
        refusal: scopeRefusal(caller, "bans:manage") ?? unknownFor(caller, kind, "id"),
        at: ["revokeToken"],
        data: { revokeToken: { id, sessionId: ids[kind] } },
      };
    }),

  "Mutation.removeParticipant": (caller) =>
    SESSIONS.flatMap((kind) => {
      const id = leaverOf(kind);
      const cell = (name: string, ban: object | null, scope: Refusal | null): Cell => ({
        name,
        query:
          "mutation($id: ID!, $ban: BanRequest) { removeParticipant(id: $id, ban: $ban) { id leaveReason } }",
        variables: { id, ban },
        refusal: scope ?? unknownFor(caller, kind, "id"),
        at: ["removeParticipant"],
        data: { removeParticipant: { id, leaveReason: "CLIENT_DISCONNECTED" } },
      });
      const unmanaged = scopeRefusal(caller, "participants:manage");
      return [
        cell(kind, null, unmanaged),
        cell(`${kind}, with a ban`, {}, unmanaged ?? scopeRefusal(caller, "bans:manage")),
      ];
    }),

  "Mutation.muteParticipant": (caller) =>
    SESSIONS.map((kind) => ({
      name: kind,
      query: "mutation($id: ID!) { muteParticipant(id: $id) { id } }",
      variables: { id: leaverOf(kind) },
      refusal: scopeRefusal(caller, "participants:manage") ?? unknownFor(caller, kind, "id") ?? NOBODY_THERE,
      at: ["muteParticipant"],
    })),

  "Mutation.muteSession": (caller) => actsOnSession(caller, "muteSession", ""),

  "Mutation.sendSignal": (caller) => [
    ...actsOnSession(caller, "sendSignal", 'type: "chat" data: "Hello"'),
    // To a participant of each session by way of the caller's own.
    ...SESSIONS.map((kind) => ({
      name: `own, to the participant of ${kind}`,
      query: `mutation($sessionId: ID!, $to: ID!) {
        sendSignal(sessionId: $sessionId, participantId: $to, type: "chat", data: "Hello") { id } }`,
      variables: { sessionId: ids.own, to: participantOf(kind) },
      refusal:
        scopeRefusal(caller, "participants:manage") ??
        actRefusal(caller, "own") ??
        (kind === "own" ? NOBODY_THERE : { code: "BAD_USER_INPUT", argument: "participantId" }),
      at: ["sendSignal"],
    })),
  ],

  "Mutation.setMaxParticipants": (caller) =>
    SESSIONS.map((kind) => ({
      name: kind,
      query: "mutation($sessionId: ID!) { setMaxParticipants(sessionId: $sessionId) { id maxParticipants } }",
      variables: { sessionId: ids[kind] },
      refusal:
        scopeRefusal(caller, "participants:manage") ??
        actRefusal(caller, kind) ??
        // It has no row.
        (kind === "unknown" ? { code: "BAD_USER_INPUT", argument: "sessionId" } : null),
      at: ["setMaxParticipants"],
      data: { setMaxParticipants: { id: ids[kind], maxParticipants: null } },
    })),

  // Its refusal leaves the record.
  "IssuedToken.usedBy": (caller) =>
    (["own", "another's"] as const).map((kind) => {
      const id = recordsOf(ids[kind]).at(-1)?.id;
      const unread = scopeRefusal(caller, "ledger:read");
      const shown = caller.sessions.includes(kind);
      const refusal = unread ?? (shown ? scopeRefusal(caller, "participants:read") : null);
      return {
        name: kind,
        query: "query($id: ID!) { node(id: $id) { id ... on IssuedToken { usedBy { id } } } }",
        variables: { id },
        refusal,
        at: unread ? ["node"] : ["node", "usedBy"],
        ...(unread === null && { refusedData: { node: { id, usedBy: null } } }),
        data: { node: shown ? { id, usedBy: [{ id: participantOf(kind) }] } : null },
      };
    }),

  "Query.participant": (caller) =>
    SESSIONS.map((kind) => ({
      name: kind,
      query: "query($id: ID!) { participant(id: $id) { id identity } }",
      variables: { id: participantOf(kind) },
      refusal: scopeRefusal(caller, "participants:read"),
      at: ["participant"],
      data: { participant: shownParticipant(caller, kind) },
    })),

  // Its refusal leaves the participant.
  "Participant.token": (caller) =>
    (["own", "another's"] as const).map((kind) => {
      const unread = scopeRefusal(caller, "participants:read");
      const shown = shownParticipant(caller, kind);
      const refusal = unread ?? (shown && scopeRefusal(caller, "ledger:read"));
      return {
        name: kind,
        query: "query($id: ID!) { participant(id: $id) { id token { id } } }",
        variables: { id: participantOf(kind) },
        refusal,
        at: unread ? ["participant"] : ["participant", "token"],
        ...(unread === null && { refusedData: { participant: { id: participantOf(kind), token: null } } }),
        data: {
          participant: shown && { id: shown.id, token: { id: recordsOf(ids[kind]).at(-1)?.id } },
        },
      };
    }),

  "Query.sessions": (caller) => {
    const selected = registered().filter(
      ({ id }) => caller.sessions.includes("unknown") || caller.sessions.some((kind) => ids[kind] === id),
    );
    // For a grant with name prefixes, the list is ordered by name.
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

  "Query.issuedTokens": (caller) => {
    const cell = (kind: SessionKind, filter: Record<string, unknown>, records: () => unknown[]): Cell => ({
      name: `${kind}, by ${Object.keys(filter).join()}`,
      query: `query($filter: IssuedTokenFilter) { issuedTokens(first: 100, filter: $filter) {
        nodes { id role issuedTo } totalCount } }`,
      variables: { filter },
      refusal: scopeRefusal(caller, "ledger:read"),
      at: ["issuedTokens"],
      data: () => {
        const all = caller.sessions.includes(kind) ? records() : [];
        return { issuedTokens: { nodes: all.slice(0, 100), totalCount: all.length } };
      },
    });
    const oldest = (kind: SessionKind) => recordsOf(ids[kind]).at(-1);
    return [
      ...SESSIONS.map((kind) => cell(kind, { sessionId: ids[kind] }, () => recordsOf(ids[kind]))),
      ...(["own", "another's"] as const).map((kind) => {
        const record = oldest(kind);
        return cell(kind, { id: record?.id }, () => [record]);
      }),
    ];
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

  "Query.videoCaller": ({ subject, scopes, roles, maxLifetime, identity, data, options, moderates }) => {
    const { mediaMode = null, archiveMode = null, archiveResolution = null, e2ee = null } = options;
    const videoGrant = {
      roles,
      maxLifetime: Math.min(maxLifetime, 2_592_000),
      identity,
      data,
      sessionOptions: { mediaMode, archiveMode, archiveResolution, e2ee },
      manage: moderates && "AS_MODERATOR",
    };
    return open(
      `{ videoCaller { subject scopes videoGrant { roles maxLifetime identity data
        sessionOptions { mediaMode archiveMode archiveResolution e2ee } manage } } }`,
      { videoCaller: { subject, scopes, videoGrant } },
    );
  },

  // test/api/can.test.ts compares it with every field.
  "VideoCaller.can": (caller) => {
    const missing = scopeRefusal(caller, "sessions:read") && { requiredScope: "sessions:read" };
    return open("{ videoCaller { can(action: SESSIONS) { allowed missing { requiredScope } } } }", {
      videoCaller: { can: { allowed: missing === null, missing } },
    });
  },

  "Query.videoProject": () =>
    open("{ videoProject { applicationId platform tokenFormats } }", {
      videoProject: { applicationId: API_KEY, platform: "LOCAL", tokenFormats: ["JWT", "T1"] },
    }),

  "Query._service": () => open("{ _service { __typename } }", { _service: { __typename: "_Service" } }),

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
      // Non-null, as the federation specification requires.
      refusedData: null,
      data: { _entities: kinds.map(shown) },
    }));
  },

  "Mutation.createSession": (caller) => {
    return OPTIONS.map((asked): Cell => {
      const refusal = scopeRefusal(caller, "sessions:create") ?? optionRefusal(caller, effective(asked));
      return {
        name: `with ${JSON.stringify(asked)}`,
        query: `mutation(${OPTION_VARIABLES}) { createSession(${OPTION_ARGS}) { name applicationId } }`,
        variables: asked,
        refusal,
        at: ["createSession"],
        creates: refusal === null,
        data: { createSession: { name: null, applicationId: API_KEY } },
      };
    });
  },

  "Mutation.ensureSession": (caller) => {
    const refusalOf = (name: string) => scopeRefusal(caller, "sessions:create") ?? nameRefusal(caller, name);
    const existing = NAMED.flatMap((kind) =>
      OPTIONS.map((asked) => ({
        name: `the name of ${kind}, with ${JSON.stringify(asked)}`,
        query: ENSURE_WITH,
        variables: { name: SESSION_NAMES[kind], ...asked },
        refusal:
          refusalOf(SESSION_NAMES[kind]) ?? optionRefusal(caller, asked) ?? differenceFrom(EXISTING, asked),
        at: ["ensureSession"],
        data: { ensureSession: { id: ids[kind], name: SESSION_NAMES[kind] } },
      })),
    );
    const fresh = ["room-", "other-"].flatMap((beginning) =>
      OPTIONS.map((asked, i) => {
        const name = `${beginning}${CALLERS.indexOf(caller)}-${i}-${++made}`;
        const refusal =
          refusalOf(name) ?? optionRefusal(caller, asked) ?? optionRefusal(caller, effective(asked));
        return {
          name: `a new name, ${name}, with ${JSON.stringify(asked)}`,
          query: `mutation($name: String!, ${OPTION_VARIABLES}) {
            ensureSession(name: $name, ${OPTION_ARGS}) { name applicationId } }`,
          variables: { name, ...asked },
          refusal,
          at: ["ensureSession"],
          creates: refusal === null,
          data: { ensureSession: { name, applicationId: API_KEY } },
        };
      }),
    );
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
    // None is old enough to be replaced.
    const aged = [86_400, null].flatMap((maxAge) =>
      [{}, { mediaMode: "RELAYED" }].map((asked): Cell => {
        const unreplaced = maxAge === null ? null : scopeRefusal(caller, "sessions:replace");
        return {
          name: `the name of own, with the maxAge ${maxAge} and ${JSON.stringify(asked)}`,
          query: ENSURE_WITH,
          variables: { name: SESSION_NAMES.own, maxAge, ...asked },
          refusal: refusalOf(SESSION_NAMES.own) ?? unreplaced ?? optionRefusal(caller, asked),
          at: ["ensureSession"],
          data: { ensureSession: { id: ids.own, name: SESSION_NAMES.own } },
        };
      }),
    );
    return [...existing, ...fresh, ...granting, ...aged];
  },

  "Session.participants": (caller) =>
    SESSIONS.map((kind) =>
      belowSession(caller, kind, "participants", "{ nodes { id identity } }", () => ({
        nodes: [shownParticipant(caller, kind)],
      })),
    ),

  "Session.participantCount": (caller) =>
    SESSIONS.map((kind) => belowSession(caller, kind, "participantCount", "", () => 1)),

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
};
