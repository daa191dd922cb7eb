import type { ApolloServerPlugin } from "@apollo/server";
import pino from "pino";
import { afterEach, expect, it } from "vitest";
import { localCaller } from "../../src/access/caller.ts";
import type { OpenCredentials } from "../../src/access/open-credentials.ts";
import { Quota } from "../../src/access/quota.ts";
import { NO_AUDIT } from "../../src/audit/audit.ts";
import type { ProjectInfo } from "../../src/domain/project.ts";
import { composeSessionId } from "../../src/domain/session-id.ts";
import { createEngine } from "../../src/graphql/apollo.ts";
import type { Context } from "../../src/graphql/context.ts";
import { createSchema } from "../../src/graphql/schema.ts";
import { UNMEASURED } from "../../src/graphql/studio/studio.ts";
import { admitAll } from "../../src/graphql/trusted-documents.ts";
import { createApp } from "../../src/http/app.ts";
import type { ApiKeyService } from "../../src/services/api-keys.ts";
import type { BanService } from "../../src/services/bans.ts";
import type { PermissionParts } from "../../src/services/caller-permissions.ts";
import type { IssuanceService } from "../../src/services/issuance-service.ts";
import type { IssuedTokens } from "../../src/services/issued-tokens.ts";
import type { ModerationService } from "../../src/services/moderation.ts";
import type { ParticipantChanges } from "../../src/services/participant-changes.ts";
import type { ParticipantService } from "../../src/services/participants.ts";
import type { SessionService } from "../../src/services/session-service.ts";
import { TokenService } from "../../src/services/token-service.ts";
import { InFlight } from "../../src/shares/in-flight.ts";
import { UNSHARED } from "../../src/shares/shares.ts";
import { openTokKeyRing } from "../../src/signing/key-ring.ts";
import { SigningService } from "../../src/signing/signing-service.ts";
import type { IssuanceLedger, SessionRegistry } from "../../src/store/store.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";

const sessionId = composeSessionId({ owner: API_KEY, location: null, createdAt: new Date(), random: "abc" });
const query = "mutation Join($sessionId: ID!) { generateToken(sessionId: $sessionId) { token role } }";

let close = async () => {};
afterEach(() => close());

/** The HTTP server with a plugin more, and tokens that are recorded nowhere. */
async function start(plugin: ApolloServerPlugin<Context>) {
  const logger = pino({ level: "silent" });
  const engine = createEngine(createSchema(), true, logger, {
    ...UNMEASURED,
    plugins: [...UNMEASURED.plugins, plugin],
    measures: () => true,
  });
  const { apollo } = engine;
  await apollo.start();
  const signing = new SigningService(openTokKeyRing(API_KEY, API_SECRET));
  const ledger = { record: async () => new Map() } as unknown as IssuanceLedger;
  const tokens = new TokenService({
    signing,
    sessions: {} as SessionRegistry,
    ledger,
    audit: NO_AUDIT,
    quota: new Quota("tokens", 1000),
    shares: UNSHARED,
    now: () => new Date(),
  });
  const { app } = await createApp({
    engine,
    followOperation: (_summary, execute) => execute(),
    services: {
      sessions: {} as SessionService,
      tokens,
      issuedTokens: {} as IssuedTokens,
      participants: {} as ParticipantService,
      participantChanges: {} as ParticipantChanges,
      issuances: {} as IssuanceService,
      bans: {} as BanService,
      moderation: {} as ModerationService,
      apiKeys: {} as ApiKeyService,
      permissions: {} as PermissionParts,
      project: {} as ProjectInfo,
      audit: NO_AUDIT,
    },
    authenticate: async () => localCaller(),
    trustsProxy: null,
    admit: admitAll,
    turn: UNSHARED.turn,
    inFlight: new InFlight({ requests: 10, bytes: 1e6, connections: 10 }),
    localOnly: true,
    hasPage: false,
    console: null,
    local: null,
    faulty: null,
    corsOrigins: [],
    subscribe: async () => [],
    credentials: {} as OpenCredentials,
    webhooks: null,
    ready: async () => {},
    follow() {},
    onRequestEnd() {},
    logger,
  });
  const origin = await app.listen({ host: "127.0.0.1", port: 0 });
  close = async () => {
    await app.close();
    await apollo.stop();
  };
  return async (body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${origin}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, answer: await response.json() };
  };
}

it("an Apollo plugin takes part in every phase of an ordinary request, and sees its headers", async () => {
  const seen: string[] = [];
  const ask = await start({
    async requestDidStart({ request }) {
      seen.push(`${request.http?.method} by ${request.http?.headers.get("apollographql-client-name")}`);
      return {
        didResolveSource: async ({ source }) => void seen.push(`source of ${source.length}`),
        parsingDidStart: async () => void seen.push("parsing"),
        validationDidStart: async () => void seen.push("validation"),
        didResolveOperation: async ({ operationName }) => void seen.push(`operation ${operationName}`),
        responseForOperation: async () => {
          seen.push("response?");
          return null;
        },
        executionDidStart: async () => ({
          willResolveField: ({ info }) => void seen.push(`field ${info.parentType.name}.${info.fieldName}`),
          executionDidEnd: async () => void seen.push("execution"),
        }),
        willSendResponse: async ({ response: { http } }) => {
          seen.push("answer");
          http.headers.set("x-plugin", "was here");
          http.status = 202;
        },
      };
    },
  });
  for (const isParsed of [false, true]) {
    seen.length = 0;
    const { status, headers, answer } = await ask(
      { query, variables: { sessionId } },
      { "apollographql-client-name": "web" },
    );
    expect(answer.data.generateToken.role).toBe("PUBLISHER");
    expect([status, headers.get("x-plugin")]).toEqual([202, "was here"]);
    expect(seen).toEqual([
      "POST by web",
      `source of ${query.length}`,
      ...(isParsed ? [] : ["parsing", "validation"]),
      "operation Join",
      "response?",
      "field Mutation.generateToken",
      "field ConnectionToken.token",
      "field ConnectionToken.role",
      "execution",
      "answer",
    ]);
  }
});

it("an Apollo plugin hears of errors", async () => {
  const codes: unknown[] = [];
  const ask = await start({
    async requestDidStart() {
      return {
        didEncounterErrors: async ({ errors }) =>
          void codes.push(...errors.map(({ extensions }) => extensions.code)),
      };
    },
  });
  await ask({ query, variables: { sessionId: "1_nobodys" } });
  await ask({ query: "{ nothing }" });
  expect(codes).toEqual(["SESSION_NOT_FOUND", "GRAPHQL_VALIDATION_FAILED"]);
});
