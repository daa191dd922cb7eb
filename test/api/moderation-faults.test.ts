import { randomUUID } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { API_KEY, APPLICATION_ID } from "../support/credentials.ts";
import { fakeRooms } from "../support/fake-rooms.ts";
import {
  answer,
  answerJson,
  type Behaviour,
  hang,
  newSessionId,
  refuse,
  startFaultServer,
} from "../support/fault-server.ts";
import { SLACK } from "../support/long.ts";
import { joins, publishes, send, WEBHOOK_SECRET } from "../support/room-events.ts";
import { serverForTest } from "../support/server.ts";

/** The deadline of a call to the platform, in milliseconds. */
const TIMEOUT = 1000;
/** Longer than an open circuit breaker and a backoff after a few failures, in milliseconds. */
const RECOVERY = 20_000;

const ACTS = {
  removeParticipant: [
    "disconnect a client",
    "mutation($id: ID!) { removeParticipant(id: $id) { id leftAt leaveReason } }",
  ],
  muteParticipant: ["mute a stream", "mutation($id: ID!) { muteParticipant(id: $id) { id } }"],
  muteSession: ["mute a session", "mutation($sessionId: ID!) { muteSession(sessionId: $sessionId) { id } }"],
  "muteSession(active: false)": [
    "stop muting a session",
    "mutation($sessionId: ID!) { muteSession(sessionId: $sessionId, active: false) { id } }",
  ],
  sendSignal: [
    "send a signal",
    'mutation($sessionId: ID!) { sendSignal(sessionId: $sessionId, type: "chat", data: "Hi ☎") { id } }',
  ],
  "sendSignal(participantId:)": [
    "send a signal",
    `mutation($sessionId: ID!, $id: ID!) {
      sendSignal(sessionId: $sessionId, participantId: $id, type: "chat", data: "Hi ☎") { id } }`,
  ],
} as const;
type Act = keyof typeof ACTS;
const NAMES = Object.keys(ACTS) as Act[];

/** A server whose platform behaves so, and a participant that publishes a stream, by the platform's events. */
async function room(
  behaviour: Behaviour,
  connectionId: string = randomUUID(),
  sessionId = newSessionId(API_KEY),
) {
  const fault = await startFaultServer(behaviour);
  onTestFinished(() => fault.close());
  const server = await serverForTest({
    PLATFORM: "opentok",
    OPENTOK_API_URL: fault.url,
    PLATFORM_TIMEOUT_MS: String(TIMEOUT),
    WEBHOOK_SECRET,
  });
  const guest = { sessionId, connectionId, joinedAt: Date.now() };
  const streamId = randomUUID();
  await send(server, [joins(guest), publishes(guest, streamId, guest.joinedAt)]);
  const id = `p_${connectionId}`;
  return {
    fault,
    sessionId,
    connectionId,
    streamId,
    act: (name: Act) => server.graphql(ACTS[name][1], variablesOf(name, { sessionId, id })),
    async participant() {
      const { data } = await server.graphql(
        "query($id: ID!) { participant(id: $id) { leftAt leaveReason } }",
        { id },
      );
      return data.participant;
    },
  };
}

/** The variables that the operation of an act declares. */
function variablesOf(name: Act, all: Record<string, string>) {
  return Object.fromEntries(Object.entries(all).filter(([key]) => ACTS[name][1].includes(`$${key}: ID!`)));
}

const KEPT = "; the removal is kept and tried again";

describe.each(NAMES)("%s", (name) => {
  const [does] = ACTS[name];
  const end = name === "removeParticipant" ? KEPT : "";

  it.each<[string, Behaviour, object, string]>([
    [
      "403",
      refuse(403, "Invalid signature"),
      { code: "PLATFORM_REJECTED", retryable: false, reason: "Invalid signature" },
      `The platform refused to ${does}: Invalid signature. OPENTOK_API_SECRET does not belong to OPENTOK_API_KEY: check it`,
    ],
    [
      "413",
      refuse(413, "Too long"),
      { code: "PLATFORM_REJECTED", retryable: false, reason: "Too long" },
      `The platform refused to ${does}: Too long. Check the arguments and the project's settings`,
    ],
    [
      "500",
      refuse(500, "Internal error"),
      { code: "PLATFORM_UNAVAILABLE", retryable: true },
      "The platform answered 500",
    ],
    [
      "silence",
      hang,
      { code: "PLATFORM_UNAVAILABLE", retryable: true },
      `The platform did not answer within ${TIMEOUT} ms`,
    ],
    [
      "a 404 of a proxy",
      answer(404, "text/html", "<h1>Not found</h1>"),
      { code: "PLATFORM_UNAVAILABLE", retryable: false },
      "The platform answered 404 without a valid result or a reason; check OPENTOK_API_URL",
    ],
  ])("has the typed error for %s", async (_, behaviour, extensions, message) => {
    const { act, participant } = await room(behaviour);
    const begin = performance.now();
    const { data, errors } = await act(name);
    expect(performance.now() - begin).toBeLessThan(TIMEOUT + 500 + SLACK);
    expect(Object.values(data)).toEqual([null]);
    expect(errors).toMatchObject([{ message: message + end, extensions }]);
    expect(errors).toHaveLength(1);
    expect(await participant()).toEqual({ leftAt: null, leaveReason: null });
  });
});

it.each(NAMES.filter((name) => name !== "removeParticipant"))(
  "%s tells that the platform finds nobody: 404",
  async (name) => {
    const { act } = await room(refuse(404, "Not found"));
    const { data, errors } = await act(name);
    expect(Object.values(data)).toEqual([null]);
    expect(errors).toMatchObject([{ extensions: { code: "NOT_IN_SESSION", retryable: false } }]);
  },
);

it("removeParticipant takes the platform's 404 for a participant that has left", async () => {
  const { act, participant } = await room(refuse(404, "Not found"));
  const { data, errors } = await act("removeParticipant");
  expect(errors).toEqual([]);
  expect(data.removeParticipant).toMatchObject({ leftAt: expect.any(String), leaveReason: "UNKNOWN" });
  expect(await participant()).toMatchObject({ leaveReason: "UNKNOWN" });
});

describe("a removal that the platform did not confirm", () => {
  it.each<[string, Behaviour]>([
    ["403", refuse(403, "Invalid signature")],
    ["413", refuse(413, "Too long")],
    ["500", refuse(500, "Internal error")],
    ["silence", hang],
  ])(
    "is confirmed when the platform recovers from %s",
    async (_, behaviour) => {
      const rooms = fakeRooms(API_KEY);
      const sessionId = newSessionId(API_KEY);
      const client = rooms.join(sessionId);
      const { act, fault, participant } = await room(behaviour, client.connectionId, sessionId);
      expect((await act("removeParticipant")).errors).toHaveLength(1);
      expect(client.isConnected()).toBe(true);
      fault.behave(rooms.call);
      await expect
        .poll(participant, { timeout: RECOVERY })
        .toEqual({ leftAt: expect.any(String), leaveReason: "FORCE_DISCONNECTED" });
      expect(client.isConnected()).toBe(false);
      const asked = fault.received.length;
      expect((await act("removeParticipant")).errors).toEqual([]);
      expect(fault.received).toHaveLength(asked);
    },
    RECOVERY + 10_000,
  );
});

describe("the platform is sent", () => {
  const done: Behaviour = (response, request) =>
    answer(request.method === "DELETE" ? 204 : 200, "text/plain", "")(response, request);

  it.each<[Act, string, (ids: { connectionId: string; streamId: string }) => string, string]>([
    ["removeParticipant", "DELETE", ({ connectionId }) => `/connection/${connectionId}`, ""],
    ["muteParticipant", "POST", ({ streamId }) => `/stream/${streamId}/mute`, "{}"],
    ["muteSession", "POST", () => "/mute", '{"excludedStreamIds":[],"active":true}'],
    ["muteSession(active: false)", "POST", () => "/mute", '{"active":false}'],
    ["sendSignal", "POST", () => "/signal", '{"type":"chat","data":"Hi ☎"}'],
    [
      "sendSignal(participantId:)",
      "POST",
      ({ connectionId }) => `/connection/${connectionId}/signal`,
      '{"type":"chat","data":"Hi ☎"}',
    ],
  ])("one request for %s on opentok", async (name, method, end, body) => {
    const { act, fault, sessionId, ...ids } = await room(done);
    expect((await act(name)).errors).toEqual([]);
    const [request, ...more] = fault.received.filter(({ method }) => method !== "GET");
    expect(more).toEqual([]);
    expect(request).toMatchObject({
      method,
      path: `/v2/project/${API_KEY}/session/${sessionId}${end(ids)}`,
      body,
      headers: { accept: "application/json", "x-opentok-auth": expect.stringMatching(/^eyJ/) },
    });
    const type = request?.headers["content-type"];
    expect(type).toBe(body === "" ? type : "application/json");
  });

  it.each<[Act, string, string]>([
    ["muteSession", "/mute", '{"active":true,"excludedStreamIds":[]}'],
    ["muteSession(active: false)", "/mute", '{"active":false,"excludedStreamIds":[]}'],
    ["sendSignal", "/signal", '{"type":"chat","data":"Hi ☎"}'],
  ])("one request for %s on vonage", async (name, end, body) => {
    const fault = await startFaultServer(answerJson(200, {}));
    onTestFinished(() => fault.close());
    const server = await serverForTest({ PLATFORM: "vonage", VONAGE_API_URL: fault.url });
    const sessionId = newSessionId(APPLICATION_ID);
    expect((await server.graphql(ACTS[name][1], variablesOf(name, { sessionId }))).errors).toEqual([]);
    expect(fault.received).toMatchObject([
      {
        method: "POST",
        path: `/v2/project/${APPLICATION_ID}/session/${sessionId}${end}`,
        body,
        headers: {
          accept: "application/json",
          "content-type": "application/json",
          authorization: expect.stringMatching(/^Bearer eyJ/),
        },
      },
    ]);
  });
});
