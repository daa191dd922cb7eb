import { readFileSync } from "node:fs";
import {
  buildSchema,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLSchema,
  isObjectType,
} from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { type Router, startRouter } from "../support/router.ts";
import { startServer, type TestServer } from "../support/server.ts";

const bearer = (claims: object) => `Bearer ${signedJwt(claims)}`;
const full = bearer(EVERYTHING);

let server: TestServer;
let router: Router;
/** The sessions of the other subgraph's meetings. */
let sessionIds: unknown[] = [];

beforeAll(async () => {
  server = await startServer({ FEDERATION: "on", AUTH_JWT_SECRET: JWT_SECRET });
  router = await startRouter(server.url, full, () => sessionIds);
});

afterAll(async () => {
  await router.close();
  await server.close();
});

async function createSessions(count: number): Promise<string[]> {
  const create = async () => {
    const { data } = await server.graphql("mutation { createSession { id } }", {}, signedJwt(EVERYTHING));
    return data.createSession.id as string;
  };
  return Promise.all(Array.from({ length: count }, create));
}

describe("the graph of a router", () => {
  const contract = buildSchema(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));

  it("has everything that schema.graphql has but Node, and the other subgraph's", () => {
    const lost = findBreakingChanges(contract, router.schema).map(({ description }) => description);
    expect(lost.sort()).toEqual([
      "Ban no longer implements interface Node.",
      "IssuedToken no longer implements interface Node.",
      "Participant no longer implements interface Node.",
      "Session no longer implements interface Node.",
      "Subscription was removed.",
    ]);
    expect(findDangerousChanges(contract, router.schema)).toEqual([]);
    const described = Object.entries(describedIn(contract)).filter(
      ([path]) => !/^(Query\.node|Subscription\.participantChanged)\b/.test(path),
    );
    expect(describedIn(router.schema)).toMatchObject(Object.fromEntries(described));
    expect(router.schema.getQueryType()?.getFields()).toHaveProperty("meetings");
  });

  it("has what both subgraphs have of pages", async () => {
    const { data } = await router.graphql(
      "{ meetingsPage { hasNextPage } sessions { pageInfo { hasPreviousPage } } }",
      full,
    );
    expect(data).toEqual({
      meetingsPage: { hasNextPage: true },
      sessions: { pageInfo: { hasPreviousPage: false } },
    });
  });
});

describe("names that many graphs have", () => {
  it("are the other subgraph's, beside ours", async () => {
    sessionIds = await createSessions(1);
    const { data, errors } = await router.graphql(
      `{ viewer { login } project { id platform } node(id: "0") { ... on Meeting { session { mediaMode } } }
        videoCaller { subject } videoProject { platform } }`,
      full,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      viewer: { login: "ann" },
      project: { id: "intranet", platform: "WEB" },
      node: { session: { mediaMode: "RELAYED" } },
      videoCaller: { subject: EVERYTHING.sub },
      videoProject: { platform: "LOCAL" },
    });
  });
});

describe("what a router asks", () => {
  it("is not served when nobody asks for it", async () => {
    const alone = await startServer();
    for (const query of ["{ _service { sdl } }", "{ _entities(representations: []) { __typename } }"]) {
      const { errors } = await alone.graphql(query);
      expect(errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
    }
    await alone.close();
  });
});

describe("the sessions of another subgraph", () => {
  const MEETINGS = "{ meetings { id session { sessionId applicationId mediaMode createdAt } } }";

  it("are looked up together", async () => {
    sessionIds = await createSessions(50);
    let answer: Awaited<ReturnType<Router["graphql"]>> | undefined;
    const queries = await server.queriesDuring(async () => {
      answer = await router.graphql(MEETINGS, full);
    });
    expect(answer?.errors).toEqual([]);
    const shown = answer?.data.meetings.map(({ session }: { session: object }) => session);
    expect(shown).toEqual(
      sessionIds.map((sessionId) => ({
        sessionId,
        applicationId: "12345678",
        mediaMode: "RELAYED",
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      })),
    );
    expect(queries.filter((sql) => sql.includes("sessions"))).toHaveLength(1);
  });

  it("are null where the caller may not see them, or they are none of this project", async () => {
    const [own, others] = await createSessions(2);
    sessionIds = [own, others, "1_hello~", "nonsense", own];
    const bound = { ...EVERYTHING, video_grant: { roles: ["PUBLISHER"], sessions: [own] } };
    const { data, errors } = await router.graphql(
      "{ meetings { title session { id mediaMode } } }",
      bearer(bound),
    );
    const session = { id: own, mediaMode: "RELAYED" };
    expect(data.meetings.map((meeting: { session: unknown }) => meeting.session)).toEqual([
      session,
      null,
      null,
      null,
      session,
    ]);
    expect(errors).toEqual([]);
  });

  it("are refused to a caller without the scope, and to one that is not known", async () => {
    sessionIds = await createSessions(1);
    const scopeless = bearer({ ...EVERYTHING, scope: "tokens:create" });
    const refused = await router.graphql(MEETINGS, scopeless);
    expect(refused.data.meetings).toMatchObject([{ session: null }]);
    expect(refused.errors).toMatchObject([
      { extensions: { code: "FORBIDDEN", requiredScope: "sessions:read" } },
    ]);
    const unknown = await router.graphql(MEETINGS, "Bearer nonsense");
    expect(unknown.data?.meetings ?? []).not.toContainEqual({ session: expect.anything() });
    expect(unknown.errors).toMatchObject([{ message: expect.stringContaining("401") }]);
  });
});

describe("tokens in a federated graph", () => {
  it("are generated in a mutation of this server", async () => {
    const { data, errors } = await router.graphql(
      `mutation { createSession(mediaMode: ROUTED) { sessionId mediaMode
        generateToken(role: MODERATOR, data: "ann") { token role data } } }`,
      full,
    );
    expect(errors).toEqual([]);
    expect(data.createSession).toMatchObject({
      mediaMode: "ROUTED",
      generateToken: { token: expect.stringMatching(/^eyJ/), role: "MODERATOR", data: "ann" },
    });
    // The arguments' defaults are those of schema.graphql.
    const plain = await router.graphql(
      "mutation { createSession { mediaMode archiveMode generateToken { role format } } }",
      full,
    );
    expect(plain.data.createSession).toEqual({
      mediaMode: "RELAYED",
      archiveMode: "MANUAL",
      generateToken: { role: "PUBLISHER", format: "JWT" },
    });
  });

  it.each([
    "{ meetings { session { generateToken { token } } } }",
    "mutation { hold { session { generateToken { token } } } }",
  ])("are not generated where a router looks sessions up: %s", async (query) => {
    sessionIds = await createSessions(1);
    const { data, errors } = await router.graphql(query, full);
    expect(JSON.stringify(data)).not.toContain("eyJ");
    expect(errors).toMatchObject([
      {
        message: "Session.generateToken works only in a mutation: clients may repeat and cache queries",
        extensions: { code: "BAD_USER_INPUT" },
      },
    ]);
  });

  it("are made many at once, each with its outcome", async () => {
    const [sessionId] = await createSessions(1);
    const { data } = await router.graphql(
      `mutation { generateTokens(sessionId: "${sessionId}", requests: [{ role: SUBSCRIBER }, { expireTime: 1 }]) {
        ... on ConnectionToken { role } ... on TokenRefusal { code argument } } }`,
      full,
    );
    expect(data.generateTokens).toEqual([
      { role: "SUBSCRIBER" },
      { code: "BAD_USER_INPUT", argument: "expireTime" },
    ]);
  });
});

it("a router reports to Apollo Studio how long this server's fields took", async () => {
  const [sessionId] = await createSessions(1);
  await router.graphql(`query Timed { session(sessionId: "${sessionId}") { mediaMode } }`, full);
  // A report is sent after its answer, so those of earlier operations may still come.
  const reported = () =>
    router.reports().find(({ report }) => Object.keys(report.tracesPerQuery).join().startsWith("# Timed"));
  await expect.poll(reported).toBeDefined();
  const { report, bytes } = reported() as ReturnType<Router["reports"]>[number];
  const traces = Object.values(report.tracesPerQuery).flatMap(({ trace = [] }) => trace);
  expect(traces).toMatchObject([
    {
      queryPlan: {
        fetch: {
          serviceName: "stagepass",
          trace: { root: { child: [{ responseName: "session", child: [{ responseName: "mediaMode" }] }] } },
        },
      },
    },
  ]);
  expect(bytes.toString("latin1")).not.toContain(sessionId);
});

/** The descriptions and defaults of a schema's fields and arguments. */
function describedIn(schema: GraphQLSchema) {
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type));
  return Object.fromEntries(
    types.flatMap((type) =>
      Object.values(type.getFields()).flatMap(({ name, description, args }) => [
        [`${type.name}.${name}`, { description }],
        ...args.map((arg) => [
          `${type.name}.${name}.${arg.name}`,
          { description: arg.description, defaultValue: arg.defaultValue },
        ]),
      ]),
    ),
  );
}
