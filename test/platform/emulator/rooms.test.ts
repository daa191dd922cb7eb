import { describe, expect, it } from "vitest";
import { LeaveReason } from "../../../src/domain/participant.ts";
import { Role } from "../../../src/domain/role.ts";
import type { ClientMessage } from "../../../src/platform/emulator/protocol.ts";
import { MAX_STREAMS } from "../../../src/platform/emulator/room.ts";
import { MAX_CONNECTIONS, MAX_CONNECTIONS_OF_SESSION } from "../../../src/platform/emulator/rooms.ts";
import { SESSION, START, sessionNamed, type TestClient, testRooms } from "../../support/rooms.ts";

const { SUBSCRIBER, PUBLISHER, PUBLISHER_ONLY, MODERATOR } = Role;

describe("a client that joins", () => {
  it("sees the others, and the others see it", () => {
    const { join } = testRooms();
    const ada = join({ data: "ada" });
    ada.says({ type: "publish", name: "Ada's screen", videoType: "screen" });
    const bob = join({ data: "bob", role: SUBSCRIBER });
    expect(bob.received).toEqual([
      {
        type: "joined",
        sessionId: SESSION,
        connectionId: bob.connectionId,
        createdAt: START.getTime(),
        data: "bob",
        role: "subscriber",
        connections: [{ connectionId: ada.connectionId, createdAt: START.getTime(), data: "ada" }],
        streams: [
          {
            streamId: ada.streamId,
            connectionId: ada.connectionId,
            createdAt: START.getTime(),
            name: "Ada's screen",
            videoType: "screen",
          },
        ],
      },
    ]);
    expect(ada.all("connectionCreated")).toEqual([
      {
        type: "connectionCreated",
        connection: { connectionId: bob.connectionId, createdAt: START.getTime(), data: "bob" },
      },
    ]);
  });

  it("knows nothing of other sessions", () => {
    const { join, rooms } = testRooms();
    const ada = join();
    const bob = join({ sessionId: sessionNamed("two") });
    bob.says({ type: "publish" });
    bob.says({ type: "signal", data: "hello" });
    bob.says({ type: "leave" });
    expect(ada.received).toHaveLength(1);
    expect(rooms.room(SESSION)?.size).toBe(1);
    expect(rooms.room(sessionNamed("two"))).toBeUndefined();
  });

  it("publishes a camera by default, and audio only for null", () => {
    const { join } = testRooms();
    const ada = join();
    ada.says({ type: "publish" });
    ada.says({ type: "publish", videoType: null });
    expect(ada.all("published").map(({ stream }) => stream.videoType)).toEqual(["camera", null]);
  });
});

describe("what each role may do", () => {
  const everything = (other: TestClient): [ClientMessage, readonly Role[]][] => [
    [{ type: "publish" }, [PUBLISHER, PUBLISHER_ONLY, MODERATOR]],
    [{ type: "signal", data: "hello" }, [SUBSCRIBER, PUBLISHER, MODERATOR]],
    [{ type: "signal", to: other.connectionId, data: "hello" }, [SUBSCRIBER, PUBLISHER, MODERATOR]],
    [{ type: "forceMute", streamId: other.streamId }, [MODERATOR]],
    [{ type: "forceMuteAll" }, [MODERATOR]],
    [{ type: "forceUnpublish", streamId: other.streamId }, [MODERATOR]],
    [{ type: "forceDisconnect", connectionId: other.connectionId }, [MODERATOR]],
    [{ type: "leave" }, [SUBSCRIBER, PUBLISHER, PUBLISHER_ONLY, MODERATOR]],
  ];

  it.each(Object.values(Role))("%s", (role) => {
    const { join, events } = testRooms();
    const other = join();
    other.says({ type: "publish" });
    const client = join({ role });
    for (const [message, allowed] of everything(other)) {
      client.takes();
      const [seen, heard] = [events.length, other.received.length];
      client.says(message);
      const refused = client.takes().filter(({ type }) => type === "error");
      if (allowed.includes(role)) expect(refused).toEqual([]);
      else {
        expect(refused).toEqual([
          { type: "error", code: "FORBIDDEN", message: `the role ${role} does not allow ${message.type}` },
        ]);
        expect([events.length, other.received.length]).toEqual([seen, heard]);
      }
    }
  });

  it("gives a client with the role publisheronly only what happens to itself", () => {
    const { join, calls } = testRooms();
    const moderator = join({ role: MODERATOR });
    moderator.says({ type: "publish" });
    const client = join({ role: PUBLISHER_ONLY });
    expect(client.takes()).toMatchObject([{ type: "joined", connections: [], streams: [] }]);
    client.says({ type: "publish" });
    const { streamId, connectionId } = client;
    join({ data: "late" }).says({ type: "publish" });
    moderator.says({ type: "signal", data: "all" });
    moderator.says({ type: "signal", to: connectionId, data: "you" });
    calls.signal(SESSION, connectionId, { type: "", data: "from a server" });
    moderator.says({ type: "forceMuteAll" });
    moderator.says({ type: "forceUnpublish", streamId });
    moderator.says({ type: "forceDisconnect", connectionId });
    expect(client.takes()).toMatchObject([
      { type: "published" },
      { type: "muted", streamId },
      { type: "streamDestroyed", streamId, reason: "forceUnpublished" },
      { type: "disconnected", reason: "forceDisconnected" },
    ]);
  });

  it("lets only the publisher end its stream without force", () => {
    const { join, rooms } = testRooms();
    const [ada, bob] = [join(), join({ role: MODERATOR })];
    ada.says({ type: "publish" });
    bob.says({ type: "unpublish", streamId: ada.streamId });
    expect(bob.all("error")).toMatchObject([{ code: "NOT_FOUND", message: /^streamId / }]);
    expect(rooms.room(SESSION)?.streams()).toHaveLength(1);
  });

  it.each<[string, ClientMessage]>([
    ["forceUnpublish", { type: "forceUnpublish", streamId: "nowhere" }],
    ["forceMute", { type: "forceMute", streamId: "nowhere" }],
    ["forceDisconnect", { type: "forceDisconnect", connectionId: "nowhere" }],
    ["signal", { type: "signal", to: "nowhere" }],
    ["unpublish", { type: "unpublish", streamId: "nowhere" }],
  ])("refuses %s for what the session does not have", (_, message) => {
    const client = testRooms().join({ role: MODERATOR });
    client.says(message);
    expect(client.all("error")).toMatchObject([{ code: "NOT_FOUND" }]);
    expect(client.ended).toBeNull();
  });
});

describe("the reasons", () => {
  it.each<[string, string, (client: TestClient, moderator: TestClient) => void]>([
    ["leaves", "clientDisconnected", (client) => client.says({ type: "leave" })],
    ["breaks", "networkDisconnected", (client) => client.breaks()],
    [
      "is forced out",
      "forceDisconnected",
      ({ connectionId }, moderator) => moderator.says({ type: "forceDisconnect", connectionId }),
    ],
  ])("of a client that %s are those of its streams too", (_, reason, ends) => {
    const { join, events } = testRooms();
    const [moderator, client] = [join({ role: MODERATOR }), join({ data: "client" })];
    client.says({ type: "publish" });
    client.says({ type: "publish" });
    const [first, second] = client.all("published").map(({ stream }) => stream.streamId);
    moderator.takes();
    client.takes();
    events.length = 0;
    ends(client, moderator);
    expect(client.takes()).toEqual(reason === "forceDisconnected" ? [{ type: "disconnected", reason }] : []);
    expect(moderator.takes()).toEqual([
      { type: "streamDestroyed", streamId: first, reason },
      { type: "streamDestroyed", streamId: second, reason },
      { type: "connectionDestroyed", connectionId: client.connectionId, reason },
    ]);
    expect(events).toMatchObject([
      { event: "streamDestroyed", stream: { id: first }, reason },
      { event: "streamDestroyed", stream: { id: second }, reason },
      { event: "connectionDestroyed", connection: { id: client.connectionId }, reason },
    ]);
    expect(client.ended).toBe(1000);
  });

  it("are clientDisconnected and forceUnpublished for a stream of a client that stays", () => {
    const { join, events } = testRooms();
    const client = join({ role: MODERATOR });
    client.says({ type: "publish" });
    client.says({ type: "unpublish", streamId: client.streamId });
    client.says({ type: "publish" });
    client.says({ type: "forceUnpublish", streamId: client.streamId });
    expect(client.all("streamDestroyed").map(({ reason }) => reason)).toEqual([
      "clientDisconnected",
      "forceUnpublished",
    ]);
    expect(events.filter(({ event }) => event === "streamDestroyed")).toMatchObject([
      { reason: "clientDisconnected" },
      { reason: "forceUnpublished" },
    ]);
  });
});

it("does nothing for a client that has left", () => {
  const { join, rooms, events } = testRooms();
  const [stays, client] = [join(), join({ role: MODERATOR })];
  client.says({ type: "leave" });
  events.length = 0;
  client.takes();
  client.says({ type: "publish" });
  client.says({ type: "forceDisconnect", connectionId: stays.connectionId });
  client.says("nonsense");
  client.breaks();
  expect([client.takes(), events, rooms.room(SESSION)?.streams()]).toEqual([[], [], []]);
});

describe("muting", () => {
  it("reaches one stream, and only its publisher", () => {
    const { join } = testRooms();
    const [moderator, client, other] = [join({ role: MODERATOR }), join(), join()];
    client.says({ type: "publish" });
    moderator.says({ type: "forceMute", streamId: client.streamId });
    expect(client.all("muted")).toEqual([{ type: "muted", streamId: client.streamId }]);
    expect(other.all("muted")).toEqual([]);
  });

  it("of all spares the excluded streams, and holds for later ones until it is lifted", () => {
    const { join, calls } = testRooms();
    const [client, spared, late] = [join(), join(), join()];
    client.says({ type: "publish" });
    spared.says({ type: "publish" });
    calls.muteAll(SESSION, true, [spared.streamId]);
    expect(client.all("muted")).toEqual([{ type: "muted", streamId: client.streamId }]);
    expect(spared.all("muted")).toEqual([]);
    late.says({ type: "publish" });
    expect(late.all("muted")).toEqual([{ type: "muted", streamId: late.streamId }]);
    calls.muteAll(SESSION, false, []);
    late.says({ type: "publish" });
    expect(late.all("muted")).toHaveLength(1);
  });

  it("of all ends with the last connection", () => {
    const { join, calls } = testRooms();
    const first = join();
    calls.muteAll(SESSION, true, []);
    first.says({ type: "leave" });
    const next = join();
    next.says({ type: "publish" });
    expect(next.all("muted")).toEqual([]);
  });
});

describe("signals", () => {
  it("reach all, the sender included, or one", () => {
    const { join, calls } = testRooms();
    const [ada, bob, eve] = [join(), join(), join({ role: SUBSCRIBER })];
    const clients = [ada, bob, eve];
    for (const client of clients) client.takes();
    const heard = () => clients.map((client) => client.takes());
    ada.says({ type: "signal", signalType: "chat", data: "hello" });
    const hello = { type: "signal", from: ada.connectionId, signalType: "chat", data: "hello" };
    expect(heard()).toEqual([[hello], [hello], [hello]]);
    ada.says({ type: "signal", to: eve.connectionId });
    expect(heard()).toEqual([[], [], [{ type: "signal", from: ada.connectionId, signalType: "", data: "" }]]);
    calls.signal(SESSION, null, { type: "t", data: "d" });
    const served = { type: "signal", from: "", signalType: "t", data: "d" };
    expect(heard()).toEqual([[served], [served], [served]]);
  });

  it.each([
    [
      "signalType",
      { signalType: "é".repeat(65) },
      "signalType must be at most 128 bytes in UTF-8; it has 130",
    ],
    ["data", { data: "é".repeat(4097) }, "data must be at most 8192 bytes in UTF-8; it has 8194"],
  ])("are refused with a long %s", (_, fields, message) => {
    const { join } = testRooms();
    const [ada, bob] = [join(), join()];
    bob.takes();
    ada.says({ type: "signal", ...fields });
    expect(ada.all("error")).toEqual([{ type: "error", code: "PAYLOAD_TOO_LARGE", message }]);
    expect(bob.takes()).toEqual([]);
  });
});

describe("the bounds", () => {
  it("of streams are those of each connection", () => {
    const { join } = testRooms();
    const client = join();
    for (let n = 0; n <= MAX_STREAMS; n++) client.says({ type: "publish" });
    expect(client.all("published")).toHaveLength(MAX_STREAMS);
    expect(client.all("error")).toMatchObject([{ code: "RATE_LIMITED" }]);
    client.says({ type: "unpublish", streamId: client.streamId });
    client.says({ type: "publish" });
    expect(client.all("published")).toHaveLength(MAX_STREAMS + 1);
  });

  it("of connections are those of the session and of all sessions", () => {
    const { rooms } = testRooms();
    const client = { receive() {}, end() {} };
    const join = (sessionId: string) =>
      rooms.join({ sessionId, role: PUBLISHER_ONLY, data: "", initialLayoutClassList: [] }, client, START);
    for (let n = 0; n < MAX_CONNECTIONS_OF_SESSION; n++) join(SESSION);
    expect(() => join(SESSION)).toThrow(
      `a session can have at most ${MAX_CONNECTIONS_OF_SESSION} connections`,
    );
    for (let n = MAX_CONNECTIONS_OF_SESSION; n < MAX_CONNECTIONS; n++) join(sessionNamed(`${n % 10}`));
    const last = sessionNamed("last");
    expect(() => join(last)).toThrow(`the local platform can have at most ${MAX_CONNECTIONS} connections`);
    expect(rooms.room(last)).toBeUndefined();
    const [first] = rooms.room(SESSION)?.connections() ?? [];
    rooms.room(SESSION)?.remove(first?.connectionId ?? "", LeaveReason.CLIENT_DISCONNECTED, START);
    expect(join(last).room.size).toBe(1);
    expect(() => join(SESSION)).toThrow("the local platform");
  });
});
