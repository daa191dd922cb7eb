import { existsSync } from "node:fs";
import { expect } from "vitest";
import { parse } from "yaml";
import { readOptions as readBenchOptions } from "../../bench/options.js";
import { readOptions as readSoakOptions } from "../../bench/soak/verdict.js";
import { parseConfig } from "../../src/config/config.ts";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { DOCUMENTS, type Snippet, snippets } from "./markdown.ts";
import {
  configuresPostgres,
  connectsOverSockets,
  isReady,
  makesADatabase,
  movesTheDatabase,
  runsInAContainer,
  starts,
} from "./run-operations.ts";
import { bindsTokens, fromProviderToFrontEnd, joinsTheCall, signsForItsUsers } from "./run-programs.ts";
import {
  createsWithAnSdk,
  expectAParticipant,
  joinsAndPublishes,
  listsAParticipant,
  moderates,
} from "./run-rooms.ts";
import {
  commands,
  curl,
  heldBy,
  isADiagram,
  isAGrant,
  isShell,
  operation,
  options,
  type Run,
  settings,
} from "./run-snippets.ts";
import { serverForSnippets } from "./server-for-snippets.ts";

/** The test of a document's snippets in a language that match a pattern. */
interface Claim {
  readonly document: string;
  readonly language: RegExp;
  readonly has?: RegExp;
  readonly run: Run | { readonly file: string };
}

const TOKEN = expect.stringMatching(/^eyJ/);
const ID = expect.stringMatching(/^1_/);
const INSTANT = expect.stringMatching(/Z$/);
const BAN = expect.stringMatching(/^b_/);

const README = "README.md";
const ACCESS = "docs/access.md";
const CONFIGURATION = "docs/configuration.md";
const IDENTITY_PROVIDERS = "docs/identity-providers.md";
const FEDERATION = "docs/federation.md";
const FRONT_END = "docs/front-end.md";
const CLIENTS = DOCUMENTS.filter((document) => document.startsWith("docs/clients/"));
const OPERATIONS = "docs/operations.md";
const DATABASE = "docs/database.md";
const MODERATION = "docs/moderation.md";
const MONITORING = "docs/monitoring.md";
const PARTICIPANTS = "docs/participants.md";
const PERFORMANCE = "docs/performance.md";
const PLATFORMS = "docs/platforms.md";

const VARIABLES = /^(?:[A-Z_]+=\S+(?: +#.*)?\n)+$/;
// Another program may listen on the default port.
const examines = commands(/^HOST +default +127\.0\.0\.1\n[\s\S]*^ok +PORT /m, { PORT: "0" });
const managesKeys = commands(/^stagepass_[0-9a-f]{8}_\S{43}\n[\s\S]*\tweb\t[^\n]*\tactive\t[\s\S]*Revoked: /);

const makesASession = ({ createSession }: Record<string, unknown>) =>
  expect(createSession).toEqual({
    sessionId: ID,
    applicationId: expect.any(String),
    generateToken: { token: TOKEN, expiresAt: INSTANT },
  });

const joinsARoom = ({ ensureSession }: Record<string, unknown>) =>
  expect(ensureSession).toEqual({ sessionId: ID, generateToken: { token: TOKEN } });

/** Exactly one of these tests each snippet of the documentation. */
export const CLAIMS: readonly Claim[] = [
  { document: README, language: /^sh$/, has: /npm start/, run: starts },
  { document: README, language: /^sh$/, has: /createSession/, run: curl(makesASession) },
  // As the previous command requests.
  { document: README, language: /^json$/, run: ({ code }) => makesASession(JSON.parse(code).data) },
  {
    document: README,
    language: /^sh$/,
    has: /generateTokens/,
    run: curl(({ generateTokens }) =>
      expect(generateTokens).toEqual([
        { token: TOKEN, role: "MODERATOR", data: "username=ann" },
        { token: TOKEN, role: "PUBLISHER", data: "username=bob" },
        {
          code: "BAD_USER_INPUT",
          message: expect.stringMatching(/^expireTime must be later than now, /),
          argument: "expireTime",
        },
      ]),
    ),
  },
  {
    document: README,
    language: /^graphql$/,
    has: /ensureSession/,
    run: operation(joinsARoom),
  },
  {
    document: README,
    language: /^graphql$/,
    has: /inspectToken/,
    run: operation(({ inspectToken: { sessionId, expiresAt, ...others } }) => {
      expect([sessionId, expiresAt]).toEqual([ID, INSTANT]);
      expect(others).toEqual({ status: "ACTIVE", reason: null, role: "PUBLISHER" });
    }),
  },
  { document: README, language: /^js$/, run: joinsTheCall },
  { document: README, language: /^sh$/, has: VARIABLES, run: settings },
  { document: README, language: /^sh$/, has: /keys/, run: managesKeys },
  { document: README, language: /^sh$/, has: /stagepass join/, run: joinsAndPublishes },

  { document: ACCESS, language: /^sh$/, has: /keys/, run: managesKeys },
  {
    document: ACCESS,
    language: /^graphql$/,
    has: /createApiKey/,
    run: operation(({ createApiKey: { key, apiKey } }) => {
      expect(key).toMatch(/^stagepass_[0-9a-f]{8}_\S{43}$/);
      expect(apiKey).toEqual({ name: "front-end", scopes: ["sessions:create", "tokens:create"] });
      // The first key closes the server to callers without one.
    }, serverForSnippets),
  },
  {
    document: ACCESS,
    language: /^sh$/,
    has: /^curl/,
    run: curl(
      joinsARoom,
      signedJwt({
        scope: "sessions:create tokens:create",
        video_grant: { roles: ["PUBLISHER"], sessions: ["*"] },
      }),
    ),
  },
  { document: ACCESS, language: /^sh$/, has: VARIABLES, run: settings },
  {
    document: ACCESS,
    language: /^js$/,
    has: /onExecutePostLogin|await fetch\(/,
    run: fromProviderToFrontEnd,
  },
  { document: ACCESS, language: /^js$/, has: /jsonwebtoken/, run: signsForItsUsers },
  { document: ACCESS, language: /^json$/, has: /identity/, run: bindsTokens },
  { document: IDENTITY_PROVIDERS, language: /^sh$/, has: VARIABLES, run: settings },
  { document: CONFIGURATION, language: /^sh$/, has: VARIABLES, run: settings },
  { document: CONFIGURATION, language: /^sh$/, has: /doctor/, run: examines },
  { document: PLATFORMS, language: /^sh$/, has: VARIABLES, run: settings },
  { document: PLATFORMS, language: /^js$/, run: createsWithAnSdk },
  { document: PARTICIPANTS, language: /^graphql$/, has: /participants/, run: listsAParticipant },
  // As the previous query requests.
  {
    document: PARTICIPANTS,
    language: /^json$/,
    run: ({ code }) => expectAParticipant(JSON.parse(code).data),
  },
  {
    document: PARTICIPANTS,
    language: /^graphql$/,
    has: /generateToken/,
    run: operation(({ generateToken }) => expect(generateToken).toEqual({ token: TOKEN })),
  },
  { document: PARTICIPANTS, language: /^sh$/, run: settings },
  {
    document: MODERATION,
    language: /^graphql$/,
    has: /removeParticipant/,
    run: moderates(({ removeParticipant }) =>
      expect(removeParticipant).toEqual({
        id: expect.stringMatching(/^p_/),
        leftAt: INSTANT,
        leaveReason: "FORCE_DISCONNECTED",
      }),
    ),
  },
  {
    document: MODERATION,
    language: /^graphql$/,
    has: /banIdentity/,
    run: moderates(({ banIdentity }) => expect(banIdentity).toEqual({ id: BAN, until: null })),
  },
  {
    document: MODERATION,
    language: /^graphql$/,
    has: /bans\(/,
    run: moderates(({ bans }) =>
      expect(bans.nodes).toContainEqual({
        id: BAN,
        session: { sessionId: ID },
        until: null,
        createdBy: expect.any(String),
      }),
    ),
  },
  {
    document: MODERATION,
    language: /^graphql$/,
    has: /liftBan/,
    run: moderates(({ liftBan }) => expect(liftBan).toEqual({ id: BAN, liftedAt: INSTANT })),
  },
  {
    document: MODERATION,
    language: /^graphql$/,
    has: /revokeToken/,
    run: moderates(({ revokeToken }) =>
      expect(revokeToken).toEqual({
        id: expect.any(String),
        revokedAt: INSTANT,
        // Whether it has left by then depends on the remover.
        usedBy: [
          {
            id: expect.stringMatching(/^p_/),
            identity: "user-42",
            leftAt: expect.toBeOneOf([null, INSTANT]),
          },
        ],
      }),
    ),
  },
  {
    document: MODERATION,
    language: /^graphql$/,
    has: /mute|sendSignal/,
    run: moderates((data) => expect(Object.values(data)).not.toContain(null)),
  },
  {
    document: MODERATION,
    language: /^graphql$/,
    has: /setMaxParticipants/,
    run: operation(({ setMaxParticipants }) =>
      expect(setMaxParticipants).toEqual({ sessionId: ID, maxParticipants: 20 }),
    ),
  },
  { document: MODERATION, language: /^json$/, run: isAGrant },
  {
    document: MODERATION,
    language: /^sh$/,
    run: commands(/^b_\S+\ncreatedAt .*\n\S+ +user-42 .* b_\S+ +-\n$/),
  },
  { document: "docs/architecture.md", language: /^mermaid$/, run: isADiagram },
  {
    document: "docs/cli.md",
    language: /^sh$/,
    has: /inspect/,
    run: commands(/^status +ACTIVE\n[\s\S]*^role +MODERATOR\n/m),
  },
  {
    document: "docs/cli.md",
    language: /^sh$/,
    has: /session list/,
    run: commands(/^None\.\nNone\.\n$/),
  },
  {
    document: "docs/cli.md",
    language: /^sh$/,
    has: /bans add/,
    run: commands(/^None\.\nb_\S+\ncreatedAt .*\n\S+ +user-42 .* b_\S+ +\S+\n$/),
  },
  {
    document: "docs/cli.md",
    language: /^sh$/,
    has: /doctor$/m,
    run: examines,
  },
  {
    document: "docs/cli.md",
    language: /^sh$/,
    has: /doctor --token/,
    run: commands(/^ok +scopes +tokens:create, from scope$/m, {
      AUTH_JWT_SECRET: JWT_SECRET,
      STAGEPASS_CREDENTIAL: signedJwt({ scope: "tokens:create", video_grant: { roles: ["PUBLISHER"] } }),
    }),
  },
  { document: "docs/cli.md", language: /^text$/, has: /FAIL/, run: heldBy("test/process/doctor.test.ts") },
  {
    document: "docs/cli.md",
    language: /^text$/,
    has: /joined/,
    run: heldBy("test/cli/room-line.test.ts"),
  },
  {
    document: "docs/cli.md",
    language: /^sh$/,
    has: /join --/,
    run: heldBy("test/process/join.test.ts"),
  },
  { document: "docs/errors.md", language: /^(graphql|js|sh|json)$/, run: heldBy("test/docs/errors.test.ts") },
  // The router of `test/api/federation.test.ts` sends Rover's requests, with the same header.
  { document: FEDERATION, language: /^sh$/, has: /^rover/, run: isShell },
  {
    document: "docs/schema.md",
    language: /^graphql$/,
    run: operation(({ createSession }) =>
      expect(createSession).toEqual({
        sessionId: ID,
        applicationId: expect.any(String),
        generateToken: { token: TOKEN },
      }),
    ),
  },
  {
    document: "docs/sessions.md",
    language: /^graphql$/,
    has: /createSession/,
    run: operation(makesASession),
  },
  {
    document: "docs/sessions.md",
    language: /^graphql$/,
    has: /"standup"/,
    run: operation(joinsARoom),
  },
  {
    document: "docs/sessions.md",
    language: /^graphql$/,
    has: /maxParticipants/,
    run: operation(({ ensureSession }) =>
      expect(ensureSession).toEqual({ sessionId: ID, maxParticipants: 2 }),
    ),
  },
  {
    document: "docs/sessions.md",
    language: /^graphql$/,
    has: /filter/,
    run: operation(({ issuedTokens }) => expect(issuedTokens).toMatchObject({ nodes: [] })),
  },
  {
    document: "docs/sessions.md",
    language: /^graphql$/,
    has: /issuances/,
    run: operation(({ session, issuances }) => {
      expect(session.issuedTokens.totalCount).toBe(1);
      expect(issuances).toHaveLength(24);
    }),
  },

  ...[FRONT_END, ...CLIENTS].map((document) => ({
    document,
    language: /^(graphql|json|yaml|tsx?|vue)$/,
    run: heldBy("test/docs/front-end.test.tsx"),
  })),
  { document: FRONT_END, language: /^dotenv$/, run: settings },
  {
    document: ACCESS,
    language: /^graphql$/,
    has: /can\(action/,
    run: operation(({ videoCaller }) => {
      const allowed = { allowed: true, missing: null };
      expect(videoCaller).toEqual({ create: allowed, moderate: allowed });
    }),
  },
  // The application of the other test is compiled and run with these packages.
  ...[FRONT_END, ...CLIENTS]
    .filter((document) => snippets(document).some(({ language }) => language === "sh"))
    .map((document) => ({ document, language: /^sh$/, run: isShell })),

  { document: OPERATIONS, language: /^nginx$/, run: heldBy("test/console/path.test.ts") },
  { document: OPERATIONS, language: /^sh$/, has: /doctor$/m, run: examines },
  { document: OPERATIONS, language: /^sh$/, has: /^docker build|docker compose/, run: isShell },
  { document: OPERATIONS, language: /^sh$/, has: /^docker run/, run: runsInAContainer },
  { document: OPERATIONS, language: /^sh$/, has: VARIABLES, run: settings },

  {
    document: DATABASE,
    language: /^sh$/,
    has: /backup/,
    run: commands(/^stagepass-backup\.db\t\d+ bytes\n(\w+\tok\n)+$/),
  },
  { document: DATABASE, language: /^sh$/, has: VARIABLES, run: settings },
  { document: DATABASE, language: /^sh$/, has: /\bexport\b/, run: movesTheDatabase },
  { document: DATABASE, language: /^sql$/, run: makesADatabase },
  { document: DATABASE, language: /^ini$/, run: configuresPostgres },
  { document: DATABASE, language: /^text$/, run: connectsOverSockets },

  { document: MONITORING, language: /^sh$/, has: /curl/, run: isReady },
  { document: MONITORING, language: /^sh$/, has: /^docker build/, run: isShell },
  { document: MONITORING, language: /^json$/, run: heldBy("test/api/audit.test.ts") },
  { document: MONITORING, language: /^text$/, run: heldBy("test/api/tracing.test.ts") },
  {
    document: MONITORING,
    language: /^yaml$/,
    run: ({ code }) => {
      const { host, port } = parseConfig({ METRICS_PORT: "9464" }).metrics ?? {};
      // The whole file, because Prometheus refuses unknown keys.
      expect(parse(code)).toEqual({
        scrape_configs: [{ job_name: "stagepass", static_configs: [{ targets: [`${host}:${port}`] }] }],
        rule_files: ["alerts.yml"],
      });
      expect(existsSync("docs/alerts.yml")).toBe(true);
    },
  },
  // They take half an hour.
  { document: PERFORMANCE, language: /^sh$/, has: /run bench/, run: options("bench", readBenchOptions) },
  { document: PERFORMANCE, language: /^sh$/, has: /run soak/, run: options("soak", readSoakOptions) },
];

/** The claims that match a snippet. */
export function claimsOf({ document, language, code }: Snippet): Claim[] {
  return CLAIMS.filter(
    (claim) =>
      claim.document === document && claim.language.test(language) && (claim.has?.test(code) ?? true),
  );
}
