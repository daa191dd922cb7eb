import jsonwebtoken from "jsonwebtoken";
import { SCOPES } from "../../src/access/scope.ts";
import { signedJwt } from "./callers.ts";

/** The time of the matrix: late in its second, so that rounding up would show. */
export const now = new Date(1_795_500_000_999);
export const nowSeconds = 1_795_500_000;

export const ISSUER = "https://issuer.example";
export const AUDIENCE = "stagepass";

export const ROLES = ["SUBSCRIBER", "PUBLISHER", "PUBLISHER_ONLY", "MODERATOR"] as const;
export type RoleName = (typeof ROLES)[number];

/** The sessions of the matrix, and the names of the registered ones. */
export const SESSION_NAMES = {
  own: "room-1",
  sibling: "room-2",
  "another's": "other-1",
  unknown: null,
  // It has a row, too, with the name of the caller's session.
  "another project's": null,
  malformed: null,
} as const;
export type SessionKind = keyof typeof SESSION_NAMES;
export const SESSIONS = Object.keys(SESSION_NAMES) as SessionKind[];
export type SessionIds = Readonly<Record<SessionKind, string>>;

/** The sessions of the project, for a grant of all sessions. */
const EVERY: readonly SessionKind[] = ["own", "sibling", "another's", "unknown"];

/** The API keys of the matrix, by state. */
export type Keys = Readonly<Record<"live" | "revoked" | "expired" | "never added", string>>;

/** A caller's permissions, described independently of the policy. */
interface Rights {
  readonly known: boolean;
  readonly scopes: readonly string[];
  readonly roles: readonly RoleName[];
  readonly sessions: readonly SessionKind[];
  /** The prefixes of usable names. */
  readonly names: readonly string[];
  /** In seconds. */
  readonly maxLifetime: number;
  /** The identity and the data of its tokens; null if it is free. */
  readonly identity: string | null;
  readonly data: string | null;
  /** The allowed values of options; one that is absent is free. */
  readonly options: Readonly<Record<string, readonly unknown[]>>;
  /** The sessions in which it may manage participants; null for all that it may use. */
  readonly moderates: readonly SessionKind[] | null;
}

export interface MatrixCaller extends Rights {
  readonly name: string;
  /** The caller's name in the server. */
  readonly subject: string;
  credential(ids: SessionIds, keys: Keys): string | undefined;
  /** The unreadable part of its grant, which refusals about the grant mention. */
  readonly problem?: string;
}

const FULL: Rights = {
  known: true,
  scopes: SCOPES,
  roles: ROLES,
  sessions: EVERY,
  names: [""],
  maxLifetime: Number.POSITIVE_INFINITY,
  identity: null,
  data: null,
  options: {},
  moderates: null,
};
const NOBODY = { known: false, subject: "" };
const NO_GRANT = { roles: [], sessions: [], names: [] } as const;

/** The claims of a caller with every permission. */
export const fullClaims = (sub: string) => ({
  sub,
  iss: ISSUER,
  aud: AUDIENCE,
  exp: nowSeconds + 3600,
  scope: SCOPES.join(" "),
  video_grant: { roles: ROLES, sessions: ["*"] },
});

/** A caller with a JWT with full claims, except for some. */
function withClaims(
  name: string,
  rights: Partial<Rights>,
  claims: object | ((ids: SessionIds) => object),
): MatrixCaller {
  return {
    ...FULL,
    ...rights,
    name,
    subject: name,
    credential: (ids) =>
      signedJwt({ ...fullClaims(name), ...(typeof claims === "function" ? claims(ids) : claims) }),
  };
}

export const SESSION_BOUND = withClaims(
  "bound to a session",
  { sessions: ["own"], names: [] },
  ({ own }) => ({
    video_grant: { roles: ROLES, sessions: [own] },
  }),
);

export const LIFETIME_BOUND = withClaims("bound to a lifetime", { maxLifetime: 600 }, () => ({
  video_grant: { roles: ROLES, sessions: ["*"], maxLifetime: 600 },
}));

export const EVERYTHING = withClaims("with everything", {}, {});

/** Allowed options of callers that may not request every one. */
const ALLOWED: readonly Rights["options"][] = [
  { mediaMode: ["ROUTED"] },
  { archiveMode: ["MANUAL"] },
  { archiveResolution: ["HD_LANDSCAPE", "FHD_LANDSCAPE"] },
  { e2ee: [true] },
  { mediaMode: ["ROUTED"], archiveMode: ["ALWAYS"], archiveResolution: ["SD_LANDSCAPE"], e2ee: [false] },
];
export const OPTION_BOUND = ALLOWED.map((sessionOptions) =>
  withClaims(
    `bound to ${JSON.stringify(sessionOptions)}`,
    { options: sessionOptions },
    { video_grant: { roles: ROLES, sessions: ["*"], sessionOptions } },
  ),
);

export const CALLERS: readonly MatrixCaller[] = [
  { ...FULL, ...NOBODY, name: "without credentials", credential: () => undefined },
  {
    ...FULL,
    ...NOBODY,
    name: "with a bad signature",
    credential: () =>
      jsonwebtoken.sign(fullClaims("bad signature"), "another secret of callers, long enough"),
  },
  withClaims("with an expired JWT", NOBODY, { exp: nowSeconds - 61 }),
  withClaims("of another audience", NOBODY, { aud: "another" }),
  withClaims("of another issuer", NOBODY, { iss: "https://another.example" }),
  EVERYTHING,
  withClaims("without the claim scope", { scopes: [] }, { scope: undefined }),
  withClaims("with an empty scope", { scopes: [] }, { scope: "" }),
  ...SCOPES.map((scope) => withClaims(`with only ${scope}`, { scopes: [scope] }, { scope })),
  withClaims("without video_grant", NO_GRANT, { video_grant: undefined }),
  {
    // The misspelt member may be one that restricts options.
    ...withClaims(
      "with a misspelt maxLifetime",
      { ...NO_GRANT, options: { mediaMode: [], archiveMode: [], archiveResolution: [], e2ee: [] } },
      { video_grant: { roles: ROLES, sessions: ["*"], maxLifeTime: 600 } },
    ),
    problem:
      'video_grant can have only roles, sessions, names, maxLifetime, identity, data, sessionOptions and manage; it has "maxLifeTime"; did you mean maxLifetime?',
  },
  {
    ...withClaims("with a maxLifetime that is a text", NO_GRANT, {
      video_grant: { roles: ROLES, sessions: ["*"], maxLifetime: "600" },
    }),
    problem: "video_grant.maxLifetime must be a whole number of seconds, at least 1; it is a string",
  },
  ...ROLES.map((role) =>
    withClaims(`with only ${role}`, { roles: [role] }, { video_grant: { roles: [role], sessions: ["*"] } }),
  ),
  withClaims("with no session", { sessions: [], names: [] }, { video_grant: { roles: ROLES } }),
  withClaims("with no role", { roles: [] }, { video_grant: { sessions: ["*"] } }),
  SESSION_BOUND,
  withClaims(
    "bound to a name",
    { sessions: ["own"], names: ["room-1"] },
    { video_grant: { roles: ROLES, names: ["room-1"] } },
  ),
  withClaims(
    "bound to a prefix",
    { sessions: ["own", "sibling"], names: ["room-"] },
    { video_grant: { roles: ROLES, names: ["room-*"] } },
  ),
  withClaims(
    "bound to every name",
    { sessions: ["own", "sibling", "another's"] },
    { video_grant: { roles: ROLES, names: ["*"] } },
  ),
  LIFETIME_BOUND,
  // Empty data binds, too.
  ...[{ identity: "ada" }, { data: "seat 1" }, { data: "" }].map((bound) =>
    withClaims(`bound to ${JSON.stringify(bound)}`, bound, {
      video_grant: { roles: ROLES, sessions: ["*"], ...bound },
    }),
  ),
  ...OPTION_BOUND,
  {
    ...withClaims("as moderator without an identity", NO_GRANT, {
      video_grant: { roles: ROLES, sessions: ["*"], manage: "as-moderator" },
    }),
    problem: "video_grant.manage needs the member identity",
  },
  // Of the sessions, this identity is a moderator in its own alone.
  withClaims(
    "as moderator",
    { identity: "own", moderates: ["own"] },
    { video_grant: { roles: ROLES, sessions: ["*"], identity: "own", manage: "as-moderator" } },
  ),
  { ...FULL, name: "with an API key", subject: "live", credential: (_, keys) => keys.live },
  { ...FULL, ...NOBODY, name: "with a revoked API key", credential: (_, keys) => keys.revoked },
  { ...FULL, ...NOBODY, name: "with an expired API key", credential: (_, keys) => keys.expired },
  { ...FULL, ...NOBODY, name: "with an API key of nobody", credential: (_, keys) => keys["never added"] },
];

/** Why something is refused: the extensions of the error. */
export type Refusal = Readonly<{ code: string } & Record<string, unknown>>;

export function scopeRefusal({ scopes }: Rights, requiredScope: string): Refusal | null {
  return scopes.includes(requiredScope) ? null : { code: "FORBIDDEN", requiredScope };
}

export function nameRefusal({ names }: Rights, requiredName: string): Refusal | null {
  const mayUse = names.some((beginning) => requiredName.startsWith(beginning));
  return mayUse ? null : { code: "FORBIDDEN", requiredName };
}

/** Options of a session, by their names in the schema. One that is null counts as left out. */
export type Options = Readonly<Record<string, unknown>>;

/** Why a caller may not ask for these options. */
export function optionRefusal({ options }: Rights, asked: Options): Refusal | null {
  const isGiven = (name: string) => asked[name] !== undefined && asked[name] !== null;
  const wrong = Object.keys(options).find((name) => isGiven(name) && !options[name]?.includes(asked[name]));
  return wrong === undefined ? null : { code: "FORBIDDEN", requiredOption: wrong };
}

/** Options with what the platform makes of the others. */
export function effective(asked: Options): Options {
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== null));
  return {
    mediaMode: "RELAYED",
    archiveMode: "MANUAL",
    e2ee: false,
    ...(given.archiveMode === "ALWAYS" && { archiveResolution: "SD_LANDSCAPE" }),
    ...given,
  };
}

/** Why a caller may not manage participants of a session that it may use. */
export function managerRefusal({ moderates }: Rights, kind: SessionKind, sessionId: string): Refusal | null {
  const isManager = moderates === null || moderates.includes(kind);
  return isManager ? null : { code: "FORBIDDEN", requiredModerator: sessionId };
}

/** The arguments of a token besides its session. Undefined ones are omitted; null ones are given as null. */
export interface Ask {
  readonly role: RoleName | undefined;
  readonly lifetime?: number;
  readonly format?: "T1";
  readonly identity?: string | null;
  readonly data?: string | null;
}

/** The token that these arguments produce. */
export interface Issued {
  readonly sessionId: string;
  readonly role: RoleName;
  readonly lifetime: number;
  readonly format: "JWT" | "T1";
  readonly identity: string | null;
  readonly data: string | null;
}

export function issuedFor({ maxLifetime, identity, data }: Rights, sessionId: string, ask: Ask): Issued {
  return {
    sessionId,
    role: ask.role ?? "PUBLISHER",
    lifetime: ask.lifetime ?? Math.min(86_400, maxLifetime),
    format: ask.format ?? "JWT",
    identity: identity ?? ask.identity ?? null,
    data: data ?? ask.data ?? null,
  };
}

/** Whether another value is asked for than the one that a caller is bound to. */
function isOther(bound: string | null, asked: string | null | undefined): boolean {
  return bound !== null && typeof asked === "string" && asked !== bound;
}

/** Why a caller does not get a token. A session created in the same request has the kind `created`. */
export function tokenRefusal(
  caller: Rights,
  kind: SessionKind | "created",
  sessionId: string,
  ask: Ask,
): Refusal | null {
  const { role, lifetime } = issuedFor(caller, sessionId, ask);
  const refusal = scopeRefusal(caller, "tokens:create");
  if (refusal) return refusal;
  if (!caller.roles.includes(role)) return { code: "FORBIDDEN", requiredRole: role };
  if (kind === "malformed" || kind === "another project's")
    return { code: "SESSION_NOT_FOUND", argument: "sessionId" };
  if (kind !== "created" && !caller.sessions.includes(kind))
    return { code: "FORBIDDEN", requiredSession: sessionId };
  if (isOther(caller.identity, ask.identity)) return { code: "FORBIDDEN", requiredIdentity: ask.identity };
  if (isOther(caller.data, ask.data)) return { code: "FORBIDDEN", requiredData: true };
  if (lifetime > caller.maxLifetime)
    return { code: "FORBIDDEN", requiredLifetime: lifetime, maxLifetime: caller.maxLifetime };
  return null;
}
