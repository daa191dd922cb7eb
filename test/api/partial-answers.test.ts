import { isNonNullType, isObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REQUIRED_SCOPE } from "../../src/access/policy.ts";
import { createSubgraphSchema } from "../../src/graphql/federation/subgraph.ts";
import { signedJwt } from "../support/callers.ts";
import { startServer, type TestServer } from "../support/server.ts";

/** May create sessions, and tokens of publishers alone. */
const PUBLISHER = signedJwt({
  sub: "ann",
  scope: "sessions:create sessions:read tokens:create",
  video_grant: { roles: ["PUBLISHER"], sessions: ["*"] },
});
const FORBIDDEN = { code: "FORBIDDEN", requiredRole: "MODERATOR" };

describe("a refusal beside what was made", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ NODE_ENV: "production" });
  });
  afterAll(() => server.close());

  it("leaves the ID of the session that was created", async () => {
    const { data, errors } = await server.graphql(
      "mutation { createSession { sessionId generateToken(role: MODERATOR) { token } } }",
      {},
      PUBLISHER,
    );
    expect(data.createSession).toEqual({ sessionId: expect.stringMatching(/^[12]_/), generateToken: null });
    expect(errors).toMatchObject([{ path: ["createSession", "generateToken"], extensions: FORBIDDEN }]);
  });

  it("leaves the token of the other alias", async () => {
    const id = await server.createSession();
    const { data, errors } = await server.graphql(
      `mutation($id: ID!) {
        mine: generateToken(sessionId: $id, role: PUBLISHER) { token }
        theirs: generateToken(sessionId: $id, role: MODERATOR) { token } }`,
      { id },
      PUBLISHER,
    );
    expect(data).toEqual({ mine: { token: expect.stringMatching(/^eyJ/) }, theirs: null });
    expect(errors).toMatchObject([{ path: ["theirs"], extensions: FORBIDDEN }]);
  });
});

describe("a field that can be refused", () => {
  /**
   * They read what the process has in memory, and so cannot fail. `can` may fail, but stands in a query alone. The type of `_entities`
   * is the specification's.
   */
  const NON_NULL = [
    "Subscription.participantChanged",
    "Query.videoCaller",
    "Query.videoProject",
    "VideoCaller.can",
    "Query._service",
    "Query._entities",
  ];

  it("is nullable wherever it may stand beside something that was made", async () => {
    const schema = await createSubgraphSchema();
    const fields = Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .flatMap((type) =>
        Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field] as const),
      );
    const looksUp = [
      "ConnectionToken.session",
      "IssuedToken.session",
      "Participant.session",
      "SessionConnection.totalCount",
    ];
    const refusable = fields.filter(([path]) => path in REQUIRED_SCOPE || looksUp.includes(path));
    expect(refusable.length).toBeGreaterThan(15);
    expect(
      refusable
        .filter(([, { type }]) => isNonNullType(type))
        .map(([path]) => path)
        .sort(),
    ).toEqual(NON_NULL.sort());
  });
});
