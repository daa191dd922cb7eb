import OpenTok from "opentok";
import { describe, expect, it } from "vitest";
import { Role } from "../../../src/domain/role.ts";
import { MAX_MESSAGES_PER_SECOND, MAX_WAITING } from "../../../src/platform/emulator/join-client.ts";
import { openTokKeyRing } from "../../../src/signing/key-ring.ts";
import { SigningService } from "../../../src/signing/signing-service.ts";
import { API_KEY, API_SECRET } from "../../support/credentials.ts";
import { SESSION, START, sessionNamed, type TestClient, testRooms } from "../../support/rooms.ts";

const POLICY_VIOLATION = 1008;

/** Rooms that take the tokens of the tests' project. */
function roomsWithTokens() {
  const signing = new SigningService(openTokKeyRing(API_KEY, API_SECRET));
  return testRooms((token, now) => signing.inspect(token, now));
}

describe("a token", () => {
  const seconds = Math.floor(Date.now() / 1000);
  const opentok = new OpenTok(API_KEY, API_SECRET);
  const token = (options: object = {}) =>
    opentok.generateToken(SESSION, { expireTime: seconds + 60, ...options });

  it("of an official SDK lets its client in, with its role, data and layout classes", () => {
    const { connect, rooms, clock, events } = roomsWithTokens();
    clock.now = new Date();
    const client = connect();
    const grant = { role: "moderator", data: "user-42", initialLayoutClassList: ["full", "focus"] };
    client.says({ type: "join", token: token(grant) });
    expect(client.all("joined")).toMatchObject([{ sessionId: SESSION, role: "moderator" }]);
    client.says({ type: "publish" });
    expect(rooms.room(SESSION)?.streams()[0]?.layoutClassList).toEqual(["full", "focus"]);
    expect(events[1]).toMatchObject({ event: "connectionCreated", connection: { data: "user-42" } });
  });

  const elsewhere = new OpenTok("23456789", API_SECRET).generateToken(sessionNamed("one", "23456789"));
  const forged = new OpenTok(API_KEY, "another secret").generateToken(SESSION, { data: "canary-data" });
  it.each([
    ["another project's", elsewhere, /^the token is invalid: it belongs to another project$/],
    ["forged", forged, /^the token is invalid: it was not signed with this project's credentials/],
    ["no token", "canary-token", /^the token is invalid: /],
    ["empty", "", /^the token is invalid: /],
  ])("that is %s is refused, and not repeated", (_, wrong, message) => {
    const { connect, rooms, events } = roomsWithTokens();
    const client = connect();
    client.says({ type: "join", token: wrong });
    expect(client.received).toEqual([
      { type: "error", code: "UNAUTHENTICATED", message: expect.stringMatching(message) },
    ]);
    expect(JSON.stringify(client.received)).not.toContain("canary");
    expect(client.ended).toBe(POLICY_VIOLATION);
    expect([rooms.room(SESSION), events]).toEqual([undefined, []]);
  });

  it("that has expired is refused, and one that expires disconnects nobody", () => {
    const { connect, clock, handler } = roomsWithTokens();
    clock.now = new Date();
    const early = connect();
    early.says({ type: "join", token: token() });
    clock.now = new Date(Date.now() + 61_000);
    handler.checkClients();
    early.says({ type: "publish" });
    expect(early.all("published")).toHaveLength(1);
    const late = connect();
    late.says({ type: "join", token: token() });
    expect(late.received).toEqual([
      { type: "error", code: "UNAUTHENTICATED", message: "the token has expired" },
    ]);
    expect(late.ended).toBe(POLICY_VIOLATION);
  });
});

describe("a client that has not joined", () => {
  it.each([
    [
      "does something else",
      (client: TestClient) => client.says({ type: "publish" }),
      /first message must be join/,
    ],
    ["sends nonsense", (client: TestClient) => client.says("nonsense"), /must be JSON/],
    ["sends no token", (client: TestClient) => client.says('{"type": "join"}'), /join needs token/],
  ])("is refused when it %s", (_, acts, message) => {
    const client = testRooms().connect();
    acts(client);
    expect(client.received).toMatchObject([{ type: "error", code: "BAD_USER_INPUT", message }]);
    expect(client.ended).toBe(POLICY_VIOLATION);
    client.joins();
    expect(client.all("joined")).toEqual([]);
  });

  it("is refused after 10 to 15 seconds", () => {
    const { connect, handler } = testRooms();
    const client = connect();
    handler.checkClients();
    handler.checkClients();
    client.answersPing();
    expect(client.ended).toBeNull();
    handler.checkClients();
    expect(client.received).toMatchObject([{ type: "error", message: /send join within 10 seconds/ }]);
    expect(client.ended).toBe(POLICY_VIOLATION);
  });
});

describe("a silent client", () => {
  it("is lost after 25 to 30 seconds, unless it answers pings", () => {
    const { join, handler, events } = testRooms();
    const [dead, alive] = [join(), join()];
    for (let check = 1; check <= 6; check++) {
      expect(dead.ended).toBeNull();
      handler.checkClients();
      if (alive.pings > 0) alive.answersPing();
    }
    expect([dead.ended, alive.ended]).toEqual([1000, null]);
    expect(dead.pings).toBe(4);
    expect(events.at(-1)).toMatchObject({
      event: "connectionDestroyed",
      connection: { id: dead.connectionId },
      reason: "networkDisconnected",
    });
    expect(alive.all("connectionDestroyed")).toHaveLength(1);
  });

  it("has this time from when it joins", () => {
    const { connect, handler } = testRooms();
    const client = connect();
    handler.checkClients();
    handler.checkClients();
    client.joins();
    for (let check = 1; check <= 5; check++) handler.checkClients();
    expect(client.ended).toBeNull();
    handler.checkClients();
    expect(client.ended).not.toBeNull();
  });

  it("that speaks gets no ping", () => {
    const { join, handler } = testRooms();
    const client = join();
    for (let check = 1; check <= 10; check++) {
      handler.checkClients();
      client.says({ type: "signal" });
    }
    expect(client.pings).toBe(0);
  });

  it("that has left gets none either", () => {
    const { join, handler } = testRooms();
    const client = join();
    client.says({ type: "leave" });
    for (let check = 1; check <= 10; check++) handler.checkClients();
    expect(client.pings).toBe(0);
  });
});

describe("a slow client", () => {
  it("is lost when too much waits for it, and harms nobody", async () => {
    const { join, events } = testRooms();
    const [slow, other] = [join(), join()];
    slow.bufferedAmount = 2 * MAX_WAITING;
    slow.takes();
    other.takes();
    other.says({ type: "signal", data: "first" });
    other.says({ type: "signal", data: "second" });
    await Promise.resolve();
    expect(slow.takes()).toEqual([]);
    expect(slow.ended).not.toBeNull();
    expect(other.takes()).toMatchObject([
      { type: "signal", data: "first" },
      { type: "signal", data: "second" },
      { type: "connectionDestroyed", connectionId: slow.connectionId, reason: "networkDisconnected" },
    ]);
    expect(events.at(-1)).toMatchObject({ event: "connectionDestroyed", reason: "networkDisconnected" });
  });

  it("is not lost for the list of a large room", () => {
    const { rooms, connect } = testRooms();
    const grant = { sessionId: SESSION, role: Role.PUBLISHER, data: "x".repeat(10_000) };
    const crowd = { receive() {}, end() {} };
    for (let n = 0; n < 110; n++) rooms.join({ ...grant, initialLayoutClassList: [] }, crowd, START);
    const client = connect().joins();
    client.bufferedAmount = Buffer.byteLength(JSON.stringify(client.received));
    expect(client.bufferedAmount).toBeGreaterThan(MAX_WAITING);
    client.takes();
    client.says({ type: "publish" });
    expect(client.takes()).toHaveLength(1);
  });
});

describe("a client that sends much", () => {
  it("is slowed down, then disconnected", () => {
    const { join, events } = testRooms();
    const [client, other] = [join(), join({ role: Role.SUBSCRIBER })];
    other.takes();
    for (let n = 1; n < MAX_MESSAGES_PER_SECOND; n++) client.says({ type: "signal" });
    expect(client.all("error")).toEqual([]);
    for (let n = 1; n <= MAX_MESSAGES_PER_SECOND; n++) client.says({ type: "signal" });
    expect(client.all("error")).toHaveLength(MAX_MESSAGES_PER_SECOND);
    expect(client.all("error")[0]).toMatchObject({ code: "RATE_LIMITED" });
    expect(client.ended).toBeNull();
    client.says({ type: "signal" });
    expect(client.ended).toBe(1000);
    expect(client.all("disconnected")).toEqual([{ type: "disconnected", reason: "forceDisconnected" }]);
    expect(other.all("signal")).toHaveLength(MAX_MESSAGES_PER_SECOND - 1);
    expect(events.at(-1)).toMatchObject({ event: "connectionDestroyed", reason: "forceDisconnected" });
  });

  it("may continue in the next second", () => {
    const { join, clock } = testRooms();
    const client = join();
    for (let second = 1; second <= 5; second++) {
      clock.now = new Date(START.getTime() + second * 1000);
      for (let n = 1; n <= MAX_MESSAGES_PER_SECOND; n++) client.says({ type: "signal" });
    }
    expect(client.all("error")).toEqual([]);
  });
});
