import { expect, it } from "vitest";
import { joins, send, WEBHOOK_SECRET } from "../support/room-events.ts";
import { serverForTest, type TestServer } from "../support/server.ts";

const BAN = `mutation($identity: String!, $sessionId: ID, $until: DateTime) {
  banIdentity(identity: $identity, sessionId: $sessionId, until: $until) {
    id identity sessionId session { id createdHere } until createdAt createdBy liftedAt isActive } }`;
const LIST = `query($filter: BanFilter, $first: Int, $after: String) { bans(filter: $filter, first: $first, after: $after) {
  nodes { id } edges { cursor } pageInfo { hasNextPage endCursor } } }`;
const LIFT = "mutation($id: ID!) { liftBan(id: $id) { id liftedAt isActive } }";
const REVOKE = "mutation($id: ID!) { revokeToken(id: $id) { id revokedAt usedBy { id } } }";
const GENERATE = `mutation($sessionId: ID!, $identity: String, $data: String) {
  generateToken(sessionId: $sessionId, identity: $identity, data: $data) { id token } }`;

const ban = async (server: TestServer, variables: object) =>
  (await server.graphql(BAN, { ...variables })).data.banIdentity;
const listed = async (server: TestServer, filter?: object) =>
  (await server.graphql(LIST, { filter })).data.bans.nodes.map(({ id }: { id: string }) => id);

it("bans an identity until a time, in one session or in all, and lifts the ban", async () => {
  const server = await serverForTest();
  const sessionId = await server.createSession();
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const made = await ban(server, { identity: "ann", sessionId, until });
  expect(made).toEqual({
    id: expect.stringMatching(/^b_/),
    identity: "ann",
    sessionId,
    session: { id: sessionId, createdHere: true },
    until,
    createdAt: expect.any(String),
    createdBy: expect.any(String),
    liftedAt: null,
    isActive: true,
  });
  const generate = () => server.graphql(GENERATE, { sessionId, identity: "ann" });
  expect((await generate()).errors).toMatchObject([
    { extensions: { code: "FORBIDDEN", bannedUntil: until, retryable: false } },
  ]);
  const lifted = await server.graphql(LIFT, { id: made.id });
  expect(lifted.data.liftBan).toEqual({ id: made.id, liftedAt: expect.any(String), isActive: false });
  expect((await server.graphql(LIFT, { id: made.id })).data).toEqual(lifted.data);
  expect((await generate()).errors).toEqual([]);

  expect(await ban(server, { identity: "ann" })).toMatchObject({
    sessionId: null,
    session: null,
    until: null,
  });
  expect((await generate()).errors).toMatchObject([{ extensions: { bannedUntil: null } }]);
});

it.each([
  ["identity", { identity: "" }],
  ["until", { identity: "ann", until: "2020-01-01T00:00:00Z" }],
])("refuses a ban with a wrong %s", async (argument, variables) => {
  const server = await serverForTest();
  expect((await server.graphql(BAN, variables)).errors).toMatchObject([
    { path: ["banIdentity"], extensions: { code: "BAD_USER_INPUT", argument } },
  ]);
});

it.each(["b_unknown", "", "\u0000"])("knows no ban and no token %j", async (id) => {
  const server = await serverForTest();
  for (const query of [LIFT, REVOKE])
    expect((await server.graphql(query, { id })).errors).toMatchObject([
      { extensions: { code: "BAD_USER_INPUT", argument: "id" } },
    ]);
  expect((await server.graphql("query($id: ID!) { node(id: $id) { id } }", { id })).data).toEqual({
    node: null,
  });
});

it("lists bans in pages, newest first, and by identity, session and whether they are active", async () => {
  const server = await serverForTest();
  const sessionId = await server.createSession();
  const everywhere = await ban(server, { identity: "ann" });
  const here = await ban(server, { identity: "ann", sessionId });
  const bob = await ban(server, { identity: "bob", sessionId });
  await server.graphql(LIFT, { id: bob.id });
  expect(await listed(server)).toEqual([bob.id, here.id, everywhere.id]);
  expect(await listed(server, { identity: "ann" })).toEqual([here.id, everywhere.id]);
  expect(await listed(server, { sessionId })).toEqual([bob.id, here.id]);
  expect(await listed(server, { active: true })).toEqual([here.id, everywhere.id]);
  expect(await listed(server, { active: false })).toEqual([bob.id]);
  expect(await listed(server, { identity: "bob", sessionId: null, active: null })).toEqual([bob.id]);

  const first = (await server.graphql(LIST, { first: 2 })).data.bans;
  expect(first.nodes).toEqual([{ id: bob.id }, { id: here.id }]);
  const after = first.pageInfo.endCursor;
  expect(first.pageInfo).toEqual({ hasNextPage: true, endCursor: first.edges[1].cursor });
  const last = (await server.graphql(LIST, { first: 2, after })).data.bans;
  expect([last.nodes, last.pageInfo.hasNextPage]).toEqual([[{ id: everywhere.id }], false]);
  expect((await server.graphql(LIST, { first: 0 })).errors).toMatchObject([
    { extensions: { argument: "first" } },
  ]);

  const node = "query($id: ID!) { node(id: $id) { __typename id ... on Ban { identity session { id } } } }";
  expect((await server.graphql(node, { id: here.id })).data.node).toEqual({
    __typename: "Ban",
    id: here.id,
    identity: "ann",
    session: { id: sessionId },
  });
});

it("revokes a token for good, and shows when, and who joined with it", async () => {
  const server = await serverForTest({ WEBHOOK_SECRET });
  const sessionId = await server.createSession();
  const { data } = await server.graphql(GENERATE, { sessionId, data: "ann" });
  const { id, token } = data.generateToken;
  const joinedAt = Date.now() + 60_000;
  await send(server, [joins({ sessionId, connectionId: "c1", joinedAt, data: "ann" })]);
  const { revokeToken } = (await server.graphql(REVOKE, { id })).data;
  expect(revokeToken).toEqual({ id, revokedAt: expect.any(String), usedBy: [{ id: "p_c1" }] });
  expect((await server.graphql(REVOKE, { id })).data.revokeToken).toEqual(revokeToken);
  const read = "query($id: ID!) { node(id: $id) { ... on IssuedToken { revokedAt } } }";
  expect((await server.graphql(read, { id })).data.node).toEqual({ revokedAt: revokeToken.revokedAt });
  const inspect = "query($token: String!) { inspectToken(token: $token) { status } }";
  expect((await server.graphql(inspect, { token })).data.inspectToken).toEqual({ status: "REVOKED" });
  // The local platform has no such client, so it has left.
  const participant = '{ participant(id: "p_c1") { leaveReason } }';
  await expect
    .poll(async () => (await server.graphql(participant)).data.participant.leaveReason)
    .toBe("UNKNOWN");
});

it("reads who joined with each of several tokens in one query, the latest ten", async () => {
  const server = await serverForTest({ WEBHOOK_SECRET });
  const sessionId = await server.createSession();
  for (const data of ["ann", "bob", "eve"]) await server.graphql(GENERATE, { sessionId, data });
  const joinedAt = Date.now() + 60_000;
  const guest = (data: string, i: number) =>
    joins({ sessionId, connectionId: `${data}${i}`, joinedAt: joinedAt + i, data });
  await send(server, [...Array.from({ length: 12 }, (_, i) => guest("ann", i)), guest("bob", 0)]);
  const query = "{ issuedTokens { nodes { usedBy { connectionId } } } }";
  let nodes: { usedBy: { connectionId: string }[] }[] = [];
  const queries = await server.queriesDuring(async () => {
    ({ nodes } = (await server.graphql(query)).data.issuedTokens);
  });
  expect(nodes.map(({ usedBy }) => usedBy.map(({ connectionId }) => connectionId))).toEqual([
    [],
    ["bob0"],
    Array.from({ length: 10 }, (_, i) => `ann${11 - i}`),
  ]);
  expect(queries).toHaveLength(2);
});

it("keeps nobody out with LEDGER=off, and says so", async () => {
  const server = await serverForTest({ LEDGER: "off" });
  const sessionId = await server.createSession();
  const limit = "mutation($id: ID!) { setMaxParticipants(sessionId: $id, maxParticipants: 1) { id } }";
  const answers = [
    await server.graphql(BAN, { identity: "ann" }),
    await server.graphql(REVOKE, { id: "1" }),
    await server.graphql(LIFT, { id: "b_1" }),
    await server.graphql(limit, { id: sessionId }),
  ];
  for (const { errors } of answers)
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining("LEDGER=off"),
        extensions: { code: "LEDGER_UNAVAILABLE", retryable: false },
      },
    ]);
});
