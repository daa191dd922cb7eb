import { expect, it } from "vitest";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { joined } from "../support/room-client.ts";
import { serverForTest, type TestServer } from "../support/server.ts";

const REMOVE = `mutation($id: ID!, $ban: BanRequest) { removeParticipant(id: $id, ban: $ban) {
  id leftAt leaveReason session { participantCount } } }`;
const MUTE = "mutation($id: ID!) { muteParticipant(id: $id) { id streams { id } } }";
const SIGNAL = `mutation($sessionId: ID!, $participantId: ID) {
  sendSignal(sessionId: $sessionId, participantId: $participantId, type: "chat", data: "Hello") { sessionId } }`;
const GENERATE = `mutation($sessionId: ID!, $identity: String, $data: String) {
  generateToken(sessionId: $sessionId, identity: $identity, data: $data) { token } }`;

/** Lets somebody join, and resolves when the server shows the participant. */
async function join(server: TestServer, sessionId: string, who: { identity?: string; data?: string } = {}) {
  const { data } = await server.graphql(GENERATE, { sessionId, ...who });
  const client = await joined(server.origin, data.generateToken.token);
  const id = `p_${client.connectionId}`;
  const query = "query($id: ID!) { participant(id: $id) { identity } }";
  await expect
    .poll(async () => (await server.graphql(query, { id })).data.participant)
    .toEqual({ identity: who.identity ?? null });
  return { ...client, id };
}

const codeOf = ({ errors }: { errors: { extensions: { code: string; argument?: string } }[] }) =>
  errors.map(({ extensions: { code, argument } }) => ({ code, argument }));

it("removes a participant, which can come back, and leaves it as it is from then on", async () => {
  const server = await serverForTest();
  const sessionId = await server.createSession();
  const ann = await join(server, sessionId, { identity: "ann" });
  const removed = await server.graphql(REMOVE, { id: ann.id });
  expect(removed.errors).toEqual([]);
  expect(removed.data.removeParticipant).toMatchObject({
    id: ann.id,
    leaveReason: "FORCE_DISCONNECTED",
    session: { participantCount: 0 },
  });
  await ann.closed;
  const again = await server.graphql(REMOVE, { id: ann.id });
  expect(again.data.removeParticipant).toEqual(removed.data.removeParticipant);
  await join(server, sessionId, { identity: "ann" });
});

it.each([
  [{ identity: "ann" }, { identity: "ann", data: "other data" }, { identity: "bob" }],
  [{ data: "ann" }, { data: "ann" }, { data: "bob" }],
  // No database can store the data.
  [{ data: "an\0n" }, { data: "an\0n" }, { data: "ann" }],
])("keeps out with a ban whoever has %j", async (who, banned, other) => {
  const server = await serverForTest();
  const sessionId = await server.createSession();
  const ann = await join(server, sessionId, who);
  const removed = await server.graphql(REMOVE, { id: ann.id, ban: {} });
  expect(removed.errors).toEqual([]);
  await ann.closed;
  const { data, errors } = await server.graphql(GENERATE, { sessionId, ...banned });
  expect(data).toEqual({ generateToken: null });
  expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", bannedUntil: null } }]);
  expect((await server.graphql(GENERATE, { sessionId, ...other })).errors).toEqual([]);
  const elsewhere = await server.createSession();
  expect((await server.graphql(GENERATE, { sessionId: elsewhere, ...banned })).errors).toEqual([]);
});

it("bans nobody with a removal of somebody whom nothing tells from others, or without the scope", async () => {
  const server = await serverForTest();
  const sessionId = await server.createSession();
  const nobody = await join(server, sessionId);
  expect(codeOf(await server.graphql(REMOVE, { id: nobody.id, ban: {} }))).toEqual([
    { code: "BAD_USER_INPUT", argument: "ban" },
  ]);
  expect((await server.graphql("{ bans { nodes { id } } }")).data).toEqual({ bans: { nodes: [] } });
  expect(nobody.unread.map(({ type }) => type)).not.toContain("left");

  const strict = await serverForTest({ AUTH_JWT_SECRET: JWT_SECRET });
  const manager = signedJwt({ sub: "m", scope: "participants:manage", video_grant: { sessions: ["*"] } });
  const { errors } = await strict.graphql(REMOVE, { id: "p_1", ban: {} }, manager);
  expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", requiredScope: "bans:manage" } }]);
});

it("mutes what a participant publishes, and tells if it publishes nothing or has left", async () => {
  const server = await serverForTest();
  const sessionId = await server.createSession();
  const ann = await join(server, sessionId);
  expect(codeOf(await server.graphql(MUTE, { id: ann.id }))).toEqual([{ code: "NOT_IN_SESSION" }]);
  ann.send({ type: "publish", name: "camera" });
  await expect
    .poll(async () => (await server.graphql(MUTE, { id: ann.id })).data.muteParticipant?.streams.length)
    .toBe(1);
  await ann.next("muted");
  await server.graphql(REMOVE, { id: ann.id });
  expect(codeOf(await server.graphql(MUTE, { id: ann.id }))).toEqual([{ code: "NOT_IN_SESSION" }]);
});

it("mutes a session, and sends signals to all or to one", async () => {
  const server = await serverForTest();
  const sessionId = await server.createSession();
  const ann = await join(server, sessionId);
  const bob = await join(server, sessionId);
  const mute = (args: string) =>
    server.graphql(`mutation($sessionId: ID!) { muteSession(sessionId: $sessionId ${args}) { sessionId } }`, {
      sessionId,
    });
  expect((await mute("")).data).toEqual({ muteSession: { sessionId } });
  expect((await mute("active: false")).data).toEqual({ muteSession: { sessionId } });
  expect(codeOf(await mute('active: false except: ["1"]'))).toEqual([
    { code: "BAD_USER_INPUT", argument: "except" },
  ]);

  expect((await server.graphql(SIGNAL, { sessionId })).data).toEqual({ sendSignal: { sessionId } });
  for (const client of [ann, bob])
    expect(await client.next("signal")).toMatchObject({ signalType: "chat", data: "Hello" });
  expect((await server.graphql(SIGNAL, { sessionId, participantId: bob.id })).errors).toEqual([]);
  await bob.next("signal");
  expect(ann.unread.map(({ type }) => type)).not.toContain("signal");
  const elsewhere = await server.createSession();
  expect(codeOf(await server.graphql(SIGNAL, { sessionId: elsewhere, participantId: bob.id }))).toEqual([
    { code: "BAD_USER_INPUT", argument: "participantId" },
  ]);
});

it("limits the participants of a session, also within one mutation", async () => {
  const server = await serverForTest();
  const sessionId = await server.createSession();
  await join(server, sessionId, { data: "ann" });
  const { data, errors } = await server.graphql(
    `mutation($id: ID!) {
      signal: sendSignal(sessionId: $id, type: "", data: "") { maxParticipants }
      limit: setMaxParticipants(sessionId: $id, maxParticipants: 1) { maxParticipants }
      full: generateToken(sessionId: $id) { token }
      free: setMaxParticipants(sessionId: $id) { maxParticipants }
      token: generateToken(sessionId: $id) { id } }`,
    { id: sessionId },
  );
  expect(data).toMatchObject({
    signal: { maxParticipants: null },
    limit: { maxParticipants: 1 },
    full: null,
    free: { maxParticipants: null },
    token: { id: expect.any(String) },
  });
  expect(errors).toMatchObject([
    { path: ["full"], extensions: { code: "SESSION_FULL", maxParticipants: 1, retryable: true } },
  ]);
});
