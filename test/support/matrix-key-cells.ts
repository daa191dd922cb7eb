import { expect } from "vitest";
import { SCOPES } from "../../src/access/scope.ts";
import { EVERYTHING, type MatrixCaller, nameRefusal, type Refusal, ROLES, scopeRefusal } from "./matrix.ts";
import type { Cell, Cells } from "./matrix-cells.ts";
import { ask, ids, keyNames } from "./matrix-server.ts";

/** What an API key grants, as a claim has it. */
interface Wanted {
  readonly scopes: readonly string[];
  readonly roles?: readonly string[];
  /** Whether it may use the session of the callers that have one. */
  readonly own?: true;
  readonly every?: true;
  readonly names?: readonly string[];
  readonly maxLifetime?: number;
  readonly identity?: string;
  readonly data?: string;
  readonly sessionOptions?: Readonly<Record<string, readonly unknown[]>>;
  readonly asModerator?: true;
}

const WANTED: Readonly<Record<string, Wanted>> = {
  everything: { scopes: SCOPES, roles: ROLES, every: true },
  nothing: { scopes: ["tokens:inspect"] },
  room: { scopes: ["tokens:create"], roles: ["SUBSCRIBER"], names: ["room-1"] },
  rooms: { scopes: ["keys:manage"], roles: ["PUBLISHER"], names: ["room-*"], maxLifetime: 600 },
  session: { scopes: ["tokens:create"], roles: ["MODERATOR"], own: true },
  data: { scopes: ["tokens:create"], data: "seat 1" },
  moderator: { scopes: ["participants:manage"], identity: "own", asModerator: true },
  options: {
    scopes: ["sessions:create"],
    sessionOptions: {
      mediaMode: ["ROUTED"],
      archiveMode: ["MANUAL"],
      archiveResolution: ["HD_LANDSCAPE"],
      e2ee: [true],
    },
  },
};

const LONGEST = 30 * 24 * 60 * 60;

/** Why a caller may not have a key with this grant. */
function keyRefusal(caller: MatrixCaller, wanted: Wanted): Refusal | null {
  const forbidden = (missing: object): Refusal => ({ code: "FORBIDDEN", ...missing });
  const { scopes, roles = [], names = [], maxLifetime = LONGEST, sessionOptions = {} } = wanted;
  const scope = scopes.find((each) => !caller.scopes.includes(each));
  if (scope) return forbidden({ requiredScope: scope });
  const role = roles.find((each) => !caller.roles.some((granted) => granted === each));
  if (role) return forbidden({ requiredRole: role });
  const mayUseAll = caller.sessions.includes("unknown");
  if (wanted.every && !mayUseAll) return forbidden({ requiredSession: "*" });
  // A caller with a name may use its session now, and another one with that name later.
  const hasId = caller.sessions.includes("own") && caller.names.length === 0;
  if (wanted.own && !mayUseAll && !hasId) return forbidden({ requiredSession: ids.own });
  for (const name of names) {
    if (nameRefusal(caller, name.replace("*", ""))) return forbidden({ requiredName: name });
  }
  if (maxLifetime > caller.maxLifetime)
    return forbidden({ requiredLifetime: maxLifetime, maxLifetime: caller.maxLifetime });
  const { identity = null, data = null } = wanted;
  if (caller.identity !== null && identity !== caller.identity)
    return forbidden({ requiredIdentity: identity });
  if (caller.data !== null && data !== caller.data) return forbidden({ requiredData: true });
  const free = Object.entries(caller.options).find(
    ([option, allowed]) => !sessionOptions[option]?.every((value) => allowed.includes(value)),
  );
  if (free) return forbidden({ requiredOption: free[0] });
  return caller.moderates && !wanted.asModerator ? forbidden({ requiredModerator: "*" }) : null;
}

const grantOf = ({ roles, own, every, names, maxLifetime, identity, data, sessionOptions }: Wanted) => ({
  roles,
  sessions: own ? [ids.own] : every ? ["*"] : undefined,
  names,
  maxLifetime,
  identity,
  data,
  sessionOptions,
});

const CREATE = `mutation($name: String!, $scopes: [String!], $videoGrant: VideoGrantInput) {
  createApiKey(name: $name, scopes: $scopes, videoGrant: $videoGrant) { apiKey { name scopes } } }`;

const inputOf = (name: string, wanted: Wanted) => ({
  name,
  scopes: wanted.scopes,
  videoGrant: { ...grantOf(wanted), ...(wanted.asModerator && { manage: "AS_MODERATOR" }) },
});

/** How many names were made for keys. A cell that is tried again needs another. */
let made = 0;
/** The keys of the cells, by their names. */
const added = new Map<string, Wanted>();

async function add(name: string, wanted: Wanted): Promise<void> {
  added.set(name, wanted);
  const { errors } = await ask(EVERYTHING, CREATE, inputOf(name, wanted));
  expect(errors).toEqual([]);
}

/** The cells of the fields that manage API keys. */
export const KEY_CELLS: Cells = {
  "Query.apiKeys": (caller) => {
    const everything = WANTED.everything as Wanted;
    // The keys of callers have every permission.
    const isShown = (name: string) => keyRefusal(caller, added.get(name) ?? everything) === null;
    return [
      {
        name: "all",
        async prepare() {
          if (added.size > 0) return;
          for (const [what, wanted] of Object.entries(WANTED)) await add(what, wanted);
        },
        query: "{ apiKeys(first: 100) { nodes { name } pageInfo { hasNextPage } } }",
        refusal: scopeRefusal(caller, "keys:manage"),
        at: ["apiKeys"],
        data: () => ({
          apiKeys: {
            nodes: keyNames()
              .filter(isShown)
              .map((name) => ({ name })),
            pageInfo: { hasNextPage: false },
          },
        }),
      },
    ];
  },

  "Mutation.createApiKey": (caller) =>
    Object.entries(WANTED).map(([what, wanted]): Cell => {
      const name = `${what}-${++made}`;
      added.set(name, wanted);
      return {
        name: what,
        query: CREATE,
        variables: inputOf(name, wanted),
        refusal: scopeRefusal(caller, "keys:manage") ?? keyRefusal(caller, wanted),
        at: ["createApiKey"],
        data: { createApiKey: { apiKey: { name, scopes: wanted.scopes } } },
      };
    }),

  "Mutation.revokeApiKey": (caller) =>
    Object.entries(WANTED).map(([what, wanted]): Cell => {
      const name = `${what}-${++made}`;
      const invisible: Refusal | null = keyRefusal(caller, wanted) && {
        code: "BAD_USER_INPUT",
        argument: "name",
      };
      return {
        name: what,
        prepare: async () => {
          if (caller.known) await add(name, wanted);
        },
        query: "mutation($name: String!) { revokeApiKey(name: $name) { name } }",
        variables: { name },
        refusal: scopeRefusal(caller, "keys:manage") ?? invisible,
        at: ["revokeApiKey"],
        data: { revokeApiKey: { name } },
      };
    }),
};
