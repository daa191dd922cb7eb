import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { RoomRefusal } from "../../../src/platform/emulator/room-refusal.ts";
import { MAX_LAYOUT_ITEMS, type ServerCalls } from "../../../src/platform/emulator/server-calls.ts";
import { SESSION, START, sessionNamed, testRooms } from "../../support/rooms.ts";

type Call = (calls: ServerCalls, sessionId: string) => unknown;

const CALLS: [string, Call][] = [
  ["connections", (calls, id) => calls.connections(id)],
  ["streams", (calls, id) => calls.streams(id)],
  ["stream", (calls, id) => calls.stream(id, randomUUID())],
  ["disconnect", (calls, id) => calls.disconnect(id, randomUUID(), START)],
  ["muteStream", (calls, id) => calls.muteStream(id, randomUUID())],
  ["muteAll", (calls, id) => calls.muteAll(id, true, [])],
  ["signal", (calls, id) => calls.signal(id, null, { type: "", data: "" })],
  ["setLayoutClasses", (calls, id) => calls.setLayoutClasses(id, [])],
];

const refusalOf = (call: () => unknown): RoomRefusal => {
  try {
    call();
  } catch (error) {
    if (error instanceof RoomRefusal) return error;
    throw error;
  }
  throw new Error("the call was not refused");
};

describe.each(CALLS)("the call %s", (_, call) => {
  it.each([
    ["malformed", "1_invalid", 400],
    ["empty", "", 400],
    ["another project's", sessionNamed("one", "23456789"), 404],
    ["one that nobody joined", sessionNamed("two"), 404],
  ])("is refused for a session ID that is %s", (_, sessionId, status) => {
    const { calls, join } = testRooms();
    join();
    expect(refusalOf(() => call(calls, sessionId)).status).toBe(status);
  });

  it("is refused for a session that everybody has left", () => {
    const { calls, join } = testRooms();
    join().says({ type: "leave" });
    expect(refusalOf(() => call(calls, SESSION)).status).toBe(404);
  });
});

describe("the statuses", () => {
  it.each<[string, number, (calls: ServerCalls) => void]>([
    ["streams before any is published", 404, (calls) => calls.streams(SESSION)],
    ["a malformed stream ID", 408, (calls) => calls.stream(SESSION, "a")],
    ["an unknown stream", 404, (calls) => calls.stream(SESSION, randomUUID())],
    ["a malformed connection ID", 400, (calls) => calls.disconnect(SESSION, "a", START)],
    ["a malformed stream ID to mute", 400, (calls) => calls.muteStream(SESSION, "a")],
    ["a malformed receiver", 400, (calls) => calls.signal(SESSION, "a", { type: "", data: "" })],
    ["an unknown receiver", 404, (calls) => calls.signal(SESSION, randomUUID(), { type: "", data: "" })],
    ["a long type", 413, (calls) => calls.signal(SESSION, null, { type: "x".repeat(129), data: "" })],
    ["long data", 413, (calls) => calls.signal(SESSION, null, { type: "", data: "x".repeat(8193) })],
  ])("for %s", (_, status, call) => {
    const { calls, join } = testRooms();
    const client = join();
    expect(refusalOf(() => call(calls)).status).toBe(status);
    expect(client.all("signal")).toEqual([]);
  });
});

it("lists connections and streams, oldest first", () => {
  const { calls, join, clock } = testRooms();
  const first = join({ data: "not listed", classes: ["full", "focus"] });
  clock.now = new Date(START.getTime() + 1);
  const second = join();
  second.says({ type: "publish", name: "second", videoType: null });
  first.says({ type: "publish", name: "first" });
  expect(calls.connections(SESSION)).toEqual([
    { connectionId: first.connectionId, isConnected: true, createdAt: START },
    { connectionId: second.connectionId, isConnected: true, createdAt: clock.now },
  ]);
  const streams = [
    { streamId: second.streamId, name: "second", videoType: null, layoutClassList: [] },
    { streamId: first.streamId, name: "first", videoType: "camera", layoutClassList: ["full", "focus"] },
  ];
  expect(calls.streams(SESSION)).toEqual(streams);
  expect(calls.stream(SESSION, first.streamId)).toEqual(streams[1]);
});

describe("layout classes", () => {
  const published = () => {
    const { calls, join } = testRooms();
    const client = join({ classes: ["initial"] });
    client.says({ type: "publish" });
    const { streamId } = client;
    return { calls, streamId, classes: () => calls.stream(SESSION, streamId).layoutClassList };
  };

  it("replace those of the token", () => {
    const { calls, streamId, classes } = published();
    expect(classes()).toEqual(["initial"]);
    calls.setLayoutClasses(SESSION, [{ id: streamId, layoutClassList: ["a", "b"] }]);
    expect(classes()).toEqual(["a", "b"]);
    calls.setLayoutClasses(SESSION, [{ id: streamId, layoutClassList: [] }]);
    expect(classes()).toEqual([]);
  });

  it.each([
    ["of an unknown stream", { id: randomUUID(), layoutClassList: ["a"] }],
    ["that are empty", { layoutClassList: ["a", ""] }],
    ["with white space", { layoutClassList: ["a b"] }],
    ["that are too long", { layoutClassList: ["x".repeat(500), "y".repeat(500)] }],
  ])("%s change nothing", (_, item) => {
    const { calls, streamId, classes } = published();
    const items = [
      { id: streamId, layoutClassList: ["good"] },
      { id: streamId, ...item },
    ];
    expect(refusalOf(() => calls.setLayoutClasses(SESSION, items)).status).toBe(400);
    expect(classes()).toEqual(["initial"]);
  });

  it("are bounded in one call", () => {
    const { calls, streamId } = published();
    const items = (count: number) => Array(count).fill({ id: streamId, layoutClassList: [] });
    calls.setLayoutClasses(SESSION, items(MAX_LAYOUT_ITEMS));
    expect(refusalOf(() => calls.setLayoutClasses(SESSION, items(MAX_LAYOUT_ITEMS + 1))).status).toBe(400);
  });
});
