import { existsSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { parse } from "yaml";
import { readOptions as readBenchOptions } from "../../bench/options.js";
import { readOptions } from "../../bench/soak/verdict.js";
import { parseConfig } from "../../src/config/config.ts";
import { isADiagram } from "./diagram.ts";
import type { Snippet } from "./markdown.ts";
import { publishesTheGraph, publishesTheSubgraph } from "./run-graph.ts";
import {
  configuresPostgres,
  makesADatabase,
  managesKeys,
  movesTheDatabase,
  startsOnAManifest,
} from "./run-operations.ts";
import { fromProviderToFrontEnd, joinsTheCall, signsForItsUsers } from "./run-programs.ts";
import { commands, curl, heldBy, operation, type Run, settings } from "./run-snippets.ts";

/** What holds the snippets of a document that are under a heading, of a language, and have a text in them. */
export interface Claim {
  readonly document: string;
  /** Any, where none is named. */
  readonly heading?: string;
  readonly language: string | readonly string[];
  readonly has?: string;
  readonly run: Run | { readonly file: string };
}

const TOKEN = expect.stringMatching(/^eyJ/);
const ID = expect.stringMatching(/^1_/);
const INSTANT = expect.stringMatching(/Z$/);

const README = "README.md";
const ROOMS = "Rooms, many tokens, inspection";
const ACCESS = "docs/access.md";
const FEDERATION = "docs/federation.md";
const FRONT_END = "docs/front-end.md";
const OPERATIONS = "docs/operations.md";
const FROM_PROVIDER = "From an identity provider to a front end that can only publish in its own rooms";

/** Every snippet of the documents is held by exactly one of these. */
export const CLAIMS: readonly Claim[] = [
  {
    document: OPERATIONS,
    heading: "The audit trail",
    language: "json",
    run: heldBy("test/api/audit.test.ts"),
  },
  {
    document: README,
    heading: "Quick start",
    language: "sh",
    has: "npm ci",
    run: commands(
      ({ output, calls }) => {
        expect(calls).toEqual([
          ["npm", "ci"],
          ["npm", "start"],
          ["npm", "cit"],
        ]);
        expect(output).toMatch(/^Stagepass serves GraphQL at [\s\S]*^The console is at /m);
      },
      { LOG_LEVEL: "silent" },
    ),
  },
  {
    document: README,
    heading: "Quick start",
    language: "sh",
    has: "curl",
    run: curl(({ createSession }) =>
      expect(createSession).toEqual({
        sessionId: ID,
        applicationId: expect.any(String),
        generateToken: { token: TOKEN, expiresAt: INSTANT },
      }),
    ),
  },
  {
    document: README,
    heading: "Quick start",
    language: "json",
    // As the command before it asks.
    run: ({ code }) => {
      expect(JSON.parse(code).data.createSession).toEqual({
        sessionId: ID,
        applicationId: expect.any(String),
        generateToken: { token: TOKEN, expiresAt: INSTANT },
      });
    },
  },
  {
    document: README,
    heading: ROOMS,
    language: "sh",
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
    heading: ROOMS,
    language: "graphql",
    has: "ensureSession",
    run: operation((data) =>
      expect(data.ensureSession).toEqual({ sessionId: ID, generateToken: { token: TOKEN } }),
    ),
  },
  {
    document: "docs/sessions.md",
    heading: "What was issued",
    language: "graphql",
    run: operation(({ session, issuances }) => {
      expect(session.issuedTokens.totalCount).toBe(1);
      expect(issuances).toHaveLength(24);
    }),
  },
  { document: README, heading: "Join from a page", language: "js", run: joinsTheCall },
  {
    document: README,
    heading: ROOMS,
    language: "graphql",
    has: "inspectToken",
    run: operation(({ inspectToken }) =>
      expect(inspectToken).toEqual({
        status: "ACTIVE",
        reason: null,
        role: "PUBLISHER",
        sessionId: ID,
        expiresAt: INSTANT,
      }),
    ),
  },
  {
    document: ACCESS,
    heading: FROM_PROVIDER,
    language: "js",
    has: "onExecutePostLogin",
    run: fromProviderToFrontEnd,
  },
  {
    document: ACCESS,
    heading: FROM_PROVIDER,
    language: "js",
    has: "await fetch(",
    run: fromProviderToFrontEnd,
  },
  { document: ACCESS, heading: FROM_PROVIDER, language: "sh", has: "AUTH_JWKS_URI", run: settings() },
  { document: ACCESS, heading: FROM_PROVIDER, language: "sh", has: "AUTH_JWT_SECRET", run: settings() },
  { document: ACCESS, heading: FROM_PROVIDER, language: "js", has: "jsonwebtoken", run: signsForItsUsers },
  ...[
    { document: README, heading: "Protect it", has: "create" },
    { document: ACCESS, heading: "API keys for back ends" },
  ].map((place) => ({ ...place, language: "sh", run: managesKeys })),
  { document: README, heading: "Protect it", language: "sh", has: "AUTH_JWT_SECRET", run: settings() },
  { document: README, heading: "Your real account", language: "sh", run: settings() },

  {
    document: "docs/cli.md",
    language: "sh",
    run: commands(({ output }) => expect(output).toMatch(/^status +ACTIVE\n[\s\S]*^role +MODERATOR\n/m)),
  },
  {
    document: OPERATIONS,
    heading: "In a container",
    language: "sh",
    run: commands(({ calls }) => {
      expect(calls).not.toEqual([]);
      expect(calls.every(([program]) => program === "docker")).toBe(true);
    }),
  },
  { document: FEDERATION, language: "sh", has: "introspect", run: publishesTheSubgraph },
  {
    document: FEDERATION,
    language: "sh",
    has: "rover graph publish",
    run: publishesTheGraph,
  },

  {
    document: FRONT_END,
    language: ["graphql", "yaml", "ts", "tsx", "html"],
    run: heldBy("test/docs/front-end.test.ts"),
  },
  { document: FRONT_END, heading: "Origins", language: "dotenv", run: settings() },
  { document: FRONT_END, heading: "Trusted documents", language: "sh", run: startsOnAManifest },
  ...["Typed operations", "Generated hooks, for Apollo Client 3", "urql", "graphql-request"].map(
    (heading) => ({
      document: FRONT_END,
      heading,
      language: "sh",
      // The packages are those that the application of the other test is compiled and run with.
      run: commands(({ calls }) => expect(calls).not.toEqual([])),
    }),
  ),

  {
    document: OPERATIONS,
    heading: "Several replicas",
    language: "sh",
    run: settings({ OPENTOK_API_KEY: "47665971", OPENTOK_API_SECRET: "c0ffee00".repeat(5) }),
  },
  {
    document: OPERATIONS,
    heading: "Failover",
    language: "sh",
    run: settings({ OPENTOK_API_KEY: "47665971", OPENTOK_API_SECRET: "c0ffee00".repeat(5) }),
  },
  { document: OPERATIONS, heading: "Failover", language: "ini", run: configuresPostgres },
  { document: OPERATIONS, heading: "Several replicas", language: "sql", run: makesADatabase },
  {
    document: OPERATIONS,
    heading: "Export, audit, and moving to PostgreSQL",
    language: "sh",
    run: movesTheDatabase,
  },
  {
    document: OPERATIONS,
    heading: "Metrics",
    language: "yaml",
    run: ({ code }) => {
      const { host, port } = parseConfig({ METRICS_PORT: "9464" }).metrics ?? {};
      // Whole, for Prometheus refuses a key that it does not know.
      expect(parse(code)).toEqual({
        scrape_configs: [{ job_name: "stagepass", static_configs: [{ targets: [`${host}:${port}`] }] }],
        rule_files: ["alerts.yml"],
      });
      expect(existsSync("docs/alerts.yml")).toBe(true);
    },
  },
  {
    document: OPERATIONS,
    heading: "Which build",
    language: "sh",
    run: commands(({ calls }) => {
      const build = ["docker", "build", "--build-arg", "COMMIT=43a7cdb", "-t", "stagepass", "."];
      expect(calls.at(-1)).toEqual(build);
      expect(readFileSync("Dockerfile", "utf8")).toMatch(/^ARG COMMIT$/m);
    }),
  },
  { document: OPERATIONS, heading: "Traces", language: "text", run: heldBy("test/api/tracing.test.ts") },
  {
    document: "docs/performance.md",
    heading: "Soak",
    language: "sh",
    run: ({ code }) => {
      for (const [, options = ""] of code.matchAll(/^npm run soak(?: -- ([^#\n]*))?/gm))
        expect(readOptions(options.split(" ").filter(Boolean)).minutes).toBeGreaterThan(0);
    },
  },
  {
    document: "docs/performance.md",
    heading: "Measuring again",
    language: "sh",
    // It takes half an hour, and both cores.
    run: commands(({ calls }) => {
      for (const [npm, run, script, , ...args] of calls) {
        expect([npm, run, script]).toEqual(["npm", "run", "bench"]);
        readBenchOptions(args);
      }
      expect(calls).not.toEqual([]);
    }),
  },

  {
    document: "docs/errors.md",
    language: ["graphql", "sh", "json"],
    run: heldBy("test/docs/errors.test.ts"),
  },
  { document: "docs/architecture.md", language: "mermaid", run: isADiagram },
];

/** The claims of which a snippet is. */
export function claimsOf({ document, heading, language, code }: Snippet): Claim[] {
  return CLAIMS.filter(
    (claim) =>
      claim.document === document &&
      (claim.heading ?? heading) === heading &&
      [claim.language].flat().includes(language) &&
      code.includes(claim.has ?? ""),
  );
}
