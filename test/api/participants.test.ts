import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { type Guest, joins, leaves, publishes, send, WEBHOOK_SECRET } from "../support/room-events.ts";
import { startServer, type TestServer } from "../support/server.ts";

const PAGE = `query($id: ID!, $first: Int, $after: String, $present: Boolean) { session(sessionId: $id) {
  participantCount
  participants(first: $first, after: $after, present: $present) {
    edges { cursor node { id } } nodes { connectionId } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`;
const PARTICIPANT = `query($id: ID!) { participant(id: $id) {
  id connectionId data identity role joinedAt leftAt leaveReason
  session { id } token { id } streams { id name videoType createdAt } } }`;
const WITH_ALL_THREE = `id connectionId data identity role joinedAt leftAt leaveReason
  session { id name } token { id issuedTo } streams { id name videoType createdAt }`;
const GENERATE = `mutation($id: ID!, $requests: [TokenRequest!]!) { generateTokens(sessionId: $id, requests: $requests) {
  ... on ConnectionToken { id } } }`;

// Ahead, because the local platform lists none of these guests: reconciliation leaves only recent ones.
const NOW = Date.now() + 60_000;
const guestOf = (sessionId: string, name: string, more: Partial<Guest> = {}): Guest => ({
  sessionId,
  connectionId: `${name}-of-${sessionId.slice(-8)}`,
  joinedAt: NOW,
  data: name,
  ...more,
});

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ WEBHOOK_SECRET });
});
afterAll(() => server.close());

describe("the participants of a session", () => {
  it("come in pages, latest first, and are counted", async () => {
    const id = await server.createSession();
    const guests = [0, 1, 2].map((i) => guestOf(id, `guest${i}`, { joinedAt: NOW + i }));
    const [zero, one, two] = guests.map(({ connectionId }) => ({ connectionId }));
    const gone = guestOf(id, "gone", { joinedAt: NOW + 3 });
    await send(server, [...[...guests, gone].map(joins), leaves(gone, NOW + 4)]);
    const page = async (variables: object) => (await server.graphql(PAGE, { id, ...variables })).data.session;

    const { participantCount, participants: first } = await page({ first: 2 });
    expect(participantCount).toBe(3);
    expect(first.nodes).toEqual([two, one]);
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const { participants: last } = await page({ first: 2, after: first.pageInfo.endCursor });
    expect(last.nodes).toEqual([zero]);
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect(last.pageInfo.endCursor).toBe(last.edges[0].cursor);
    expect((await page({ present: null })).participants.nodes).toEqual([two, one, zero]);
    expect((await page({ present: false })).participants.nodes).toEqual([
      { connectionId: gone.connectionId },
      two,
      one,
      zero,
    ]);
  });

  it.each([
    [{ first: 0 }, "first"],
    [{ first: 101 }, "first"],
    [{ after: "bGF0ZXI" }, "after"],
  ])("are refused for the page %j, and the count stays", async (variables, argument) => {
    const id = await server.createSession();
    const { data, errors } = await server.graphql(PAGE, { id, ...variables });
    expect(data.session).toEqual({ participantCount: 0, participants: null });
    expect(errors).toMatchObject([
      { path: ["session", "participants"], extensions: { code: "BAD_USER_INPUT", argument } },
    ]);
  });

  it("are those of each session, in one query for all", async () => {
    const ids = await Promise.all([1, 2, 3].map(() => server.createSession()));
    const guests = ids.map((id, i) => guestOf(id, `guest${i}`));
    await send(server, guests.map(joins));
    const query = `{ sessions(first: 3) { nodes { id participantCount participants { nodes { ${WITH_ALL_THREE} } } } } }`;
    let nodes: { id: string }[] = [];
    const queries = await server.queriesDuring(async () => {
      ({ nodes } = (await server.graphql(query)).data.sessions);
    });
    expect(nodes.map(({ id }) => id).sort()).toEqual(ids.sort());
    for (const { sessionId, connectionId } of guests) {
      expect(nodes.find(({ id }) => id === sessionId)).toMatchObject({
        participantCount: 1,
        participants: { nodes: [{ connectionId, session: { id: sessionId }, token: null }] },
      });
    }
    // The sessions, their counts, their participants, and the streams; no participant has a token to look up.
    expect(queries).toHaveLength(4);
  });
});

describe("a participant", () => {
  it("is shown with its session, token and streams, and without its data once it left", async () => {
    const id = await server.createSession();
    const generated = await server.graphql(GENERATE, {
      id,
      requests: [{ data: "ann", identity: "user-1", role: "MODERATOR" }, { data: "bob" }],
    });
    const ann = guestOf(id, "ann");
    await send(server, [joins(ann), publishes(ann, "1", NOW, "screen"), publishes(ann, "2", NOW + 1)]);
    const participant = {
      id: `p_${ann.connectionId}`,
      connectionId: ann.connectionId,
      data: "ann",
      identity: "user-1",
      role: "MODERATOR",
      joinedAt: new Date(NOW).toISOString(),
      leftAt: null,
      leaveReason: null,
      session: { id },
      token: { id: generated.data.generateTokens[0].id },
      streams: [
        { id: "1", name: "stream 1", videoType: "SCREEN", createdAt: new Date(NOW).toISOString() },
        { id: "2", name: "stream 2", videoType: null, createdAt: new Date(NOW + 1).toISOString() },
      ],
    };
    const read = () => server.graphql(PARTICIPANT, { id: participant.id });
    expect((await read()).data).toEqual({ participant });

    await send(server, [leaves(ann, NOW + 2, "forceDisconnected")]);
    expect((await read()).data).toEqual({
      participant: {
        ...participant,
        data: null,
        leftAt: new Date(NOW + 2).toISOString(),
        leaveReason: "FORCE_DISCONNECTED",
        streams: [],
      },
    });
    const node = "query($id: ID!) { node(id: $id) { __typename id ... on Participant { identity } } }";
    expect((await server.graphql(node, { id: participant.id })).data).toEqual({
      node: { __typename: "Participant", id: participant.id, identity: "user-1" },
    });
  });

  it.each(["p_nobody", "p_", "p_\u0000", "p_\ud800", "1_hello", ""])("is null for %j", async (id) => {
    expect(await server.graphql(PARTICIPANT, { id })).toMatchObject({
      data: { participant: null },
      errors: [],
    });
  });
});

describe("a page of a hundred participants with sessions, tokens and streams", () => {
  const video_grant = { sessions: ["*"] };
  const scope = "sessions:read participants:read ledger:read tokens:create sessions:create";

  it.each([
    ["every session", video_grant],
    ["a name", { names: ["crowd"] }],
  ])("takes four queries, for a caller with %s", async (_, video_grant) => {
    const own = await startServer({ WEBHOOK_SECRET, AUTH_JWT_SECRET: JWT_SECRET });
    const everybody = signedJwt({ sub: "a", scope, video_grant: { sessions: ["*"], roles: ["PUBLISHER"] } });
    const reader = signedJwt({ sub: "b", scope, video_grant });
    const ensured = await own.graphql('mutation { ensureSession(name: "crowd") { id } }', {}, everybody);
    const { id } = ensured.data.ensureSession;
    const names = Array.from({ length: 100 }, (_, i) => `guest-${i}`);
    const requests = names.map((data) => ({ data, identity: data }));
    await own.graphql(GENERATE, { id, requests }, everybody);
    await send(
      own,
      names.flatMap((name, i) => {
        const guest = guestOf(id, name, { connectionId: String(i) });
        return [joins(guest), publishes(guest, `stream-${i}`, NOW, "camera")];
      }),
    );
    const query = `query($id: ID!) { session(sessionId: $id) { participants(first: 100) { nodes { ${WITH_ALL_THREE} } } } }`;
    // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of the query that it answers
    let answer: any;
    const queries = await own.queriesDuring(async () => {
      answer = await own.graphql(query, { id }, reader);
    });
    await own.close();
    expect(answer.errors).toEqual([]);
    const { nodes } = answer.data.session.participants;
    expect(nodes.map(({ identity }: { identity: string }) => identity).sort()).toEqual(names.sort());
    for (const node of nodes) {
      expect(node).toMatchObject({
        session: { id, name: "crowd" },
        token: { issuedTo: "a" },
        streams: [{ videoType: "CAMERA" }],
      });
    }
    expect(queries).toHaveLength(4);
  });
});

describe("an identity", () => {
  const ONE = `mutation($id: ID!, $identity: String) { generateToken(sessionId: $id, identity: $identity) {
    token identity session { issuedTokens { nodes { identity } } } } }`;

  it("is of the token and on its record, and not in the token", async () => {
    const id = await server.createSession();
    const { data } = await server.graphql(ONE, { id, identity: "user-42" });
    const { token, ...others } = data.generateToken;
    expect(others).toEqual({
      identity: "user-42",
      session: { issuedTokens: { nodes: [{ identity: "user-42" }] } },
    });
    expect(JSON.stringify(decodeJwt(token))).not.toContain("user-42");
    expect((await server.graphql(ONE, { id, identity: null })).data.generateToken.identity).toBeNull();
    const below = 'mutation { createSession { generateToken(identity: "user-7") { identity } } }';
    expect((await server.graphql(below)).data.createSession.generateToken).toEqual({ identity: "user-7" });
  });

  const refused = [
    ["", "must not be empty"],
    ["x".repeat(129), "must be at most 128 characters"],
    ["line\nbreak", "U+000A"],
    ["nul\u0000", "U+0000"],
    ["half \ud800", "lone surrogate"],
  ] as const;

  it.each(refused)("cannot be %j", async (identity, message) => {
    const id = await server.createSession();
    const { data, errors } = await server.graphql(ONE, { id, identity });
    expect(data).toEqual({ generateToken: null });
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "identity" } }]);
    expect(errors[0].message).toContain(message);
  });

  it("that cannot be refuses its token alone, in a batch", async () => {
    const id = await server.createSession();
    const query = `mutation($id: ID!, $requests: [TokenRequest!]!) {
      generateTokens(sessionId: $id, requests: $requests) {
        ... on ConnectionToken { identity } ... on TokenRefusal { code argument } } }`;
    const longest = "x".repeat(128);
    const requests = [{ identity: longest }, ...refused.map(([identity]) => ({ identity })), {}];
    const { data } = await server.graphql(query, { id, requests });
    expect(data.generateTokens).toEqual([
      { identity: longest },
      ...refused.map(() => ({ code: "BAD_USER_INPUT", argument: "identity" })),
      { identity: null },
    ]);
  });
});
