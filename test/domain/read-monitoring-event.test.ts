import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EVENT_NAMES, readMonitoringEvent } from "../../src/domain/read-monitoring-event.ts";
import { BadUserInput } from "../../src/errors.ts";
import { inputs } from "../support/long.ts";

const AT = 1_790_000_000_000;
const common = { sessionId: "1_canary", projectId: "12345678", timestamp: AT };
const connection = { id: "c1", createdAt: AT - 5, data: "canary data" };
const stream = { id: "s1", connection, createdAt: AT - 1, name: "Desk", videoType: "camera" };

/** The payloads of the platform's guide. */
const PAYLOADS = [
  { ...common, event: "connectionCreated", connection },
  { ...common, event: "connectionDestroyed", connection, reason: "clientDisconnected" },
  { ...common, event: "streamCreated", stream },
  { ...common, event: "streamDestroyed", stream, reason: "mediaStopped" },
  { ...common, event: "sessionCreated" },
  { ...common, event: "sessionDestroyed", reason: "serverRotation" },
  { ...common, event: "sessionNotification", reason: "serverRotation", createdAt: 1, remainingTime: 2 },
];

const created = (members: object) => ({
  ...common,
  event: "connectionCreated",
  connection: { ...connection, ...members },
});
const published = (members: object) => ({
  ...common,
  event: "streamCreated",
  stream: { ...stream, ...members },
});

/** The error of a value that cannot be read. */
function refusal(value: unknown): string {
  try {
    readMonitoringEvent(value);
  } catch (error) {
    if (error instanceof BadUserInput) return error.message;
    throw error;
  }
  throw new Error("it was read");
}

describe("readMonitoringEvent", () => {
  it.each(PAYLOADS.map((payload) => [payload.event, payload] as const))("reads %s", (_, payload) => {
    const { projectId, createdAt, remainingTime, ...read } = payload as typeof payload &
      Record<"createdAt" | "remainingTime", unknown>;
    const event = readMonitoringEvent(payload);
    expect(event).toMatchObject(read);
    expect(event).not.toHaveProperty("projectId");
  });

  it("knows every event of the platform's guide", () => {
    expect(PAYLOADS.map(({ event }) => event)).toEqual(EVENT_NAMES);
  });

  it.each<[string, object, object]>([
    ["no instant of the connection", created({ createdAt: undefined }), { connection: { createdAt: AT } }],
    ["an instant as digits", created({ createdAt: String(AT) }), { connection: { createdAt: AT } }],
    ["a fraction of a millisecond", created({ createdAt: AT + 0.7 }), { connection: { createdAt: AT } }],
    ["no data", created({ data: undefined }), { connection: { data: "" } }],
    [
      "data of 1024 characters",
      created({ data: "ä".repeat(1024) }),
      { connection: { data: "ä".repeat(1024) } },
    ],
    ["null as the data", created({ data: null }), { connection: { data: "" } }],
    ["U+0000 in the data", created({ data: "a\0b" }), { connection: { data: "a\0b" } }],
    ["half a character in the data", created({ data: "a\ud800" }), { connection: { data: "a\ud800" } }],
    ["an unknown member", created({ canary: 1 }), { connection }],
    [
      "a stream without name and type",
      published({ name: undefined, videoType: undefined }),
      { stream: { name: "" } },
    ],
    ["a stream with null as its type", published({ videoType: null }), { stream: { name: "Desk" } }],
    ["an unknown type", published({ videoType: "hologram" }), { stream: { videoType: "hologram" } }],
    ["a very long name", published({ name: "a".repeat(2000) }), { stream: { name: "a".repeat(1000) } }],
    [
      "a name that is cut in a character",
      published({ name: `${"a".repeat(999)}😀` }),
      { stream: { name: `${"a".repeat(999)}\ufffd` } },
    ],
    ["an unknown reason", { ...PAYLOADS[1], reason: "canary" }, { reason: "canary" }],
    ["no reason", { ...PAYLOADS[1], reason: undefined }, { reason: "" }],
    ["a number as the project", { ...PAYLOADS[0], projectId: 1 }, { connection }],
  ])("accepts %s", (_, payload, expected) => {
    expect(readMonitoringEvent(payload)).toMatchObject(expected);
  });

  it("has no type for a stream of audio only", () => {
    for (const videoType of [undefined, null])
      expect(readMonitoringEvent(published({ videoType }))).not.toHaveProperty("stream.videoType");
  });

  it("ignores an unknown event, whatever it has", () => {
    expect(readMonitoringEvent({ event: "archiveStarted" })).toBeNull();
    expect(readMonitoringEvent({ event: "constructor", sessionId: 1 })).toBeNull();
  });

  const id = (path: string) => `${path} must be a text of 1 to 255 printable characters`;
  const instant = (path: string) => `${path} must be epoch milliseconds`;
  it.each<[string, unknown, string]>([
    ["no object", null, "body must be an object"],
    ["an array", [PAYLOADS[0]], "body must be an object"],
    ["no event", common, "event must be a text"],
    ["no session", { ...PAYLOADS[0], sessionId: undefined }, id("sessionId")],
    ["no instant", { ...PAYLOADS[0], timestamp: undefined }, instant("timestamp")],
    ["an instant before 1970", { ...PAYLOADS[0], timestamp: -1 }, instant("timestamp")],
    ["an instant after all dates", { ...PAYLOADS[0], timestamp: 8.65e15 }, instant("timestamp")],
    ["an instant as a date", created({ createdAt: "2026-11-29" }), instant("connection.createdAt")],
    ["null as an instant", created({ createdAt: null }), instant("connection.createdAt")],
    ["no connection", { ...PAYLOADS[0], connection: undefined }, "connection must be an object"],
    ["no ID", created({ id: undefined }), id("connection.id")],
    ["an empty ID", created({ id: "" }), id("connection.id")],
    ["a long ID", created({ id: "a".repeat(256) }), id("connection.id")],
    ["a space in an ID", created({ id: "canary id" }), id("connection.id")],
    ["U+0000 in an ID", created({ id: "a\0" }), id("connection.id")],
    ["a number as an ID", created({ id: 1 }), id("connection.id")],
    [
      "long data",
      created({ data: "a".repeat(1025) }),
      "connection.data must be a text of at most 1024 characters",
    ],
    ["an object as data", created({ data: {} }), "connection.data must be a text of at most 1024 characters"],
    ["no stream", { ...PAYLOADS[2], stream: "canary" }, "stream must be an object"],
    ["a stream without an ID", published({ id: undefined }), id("stream.id")],
    [
      "a stream without a connection",
      published({ connection: undefined }),
      "stream.connection must be an object",
    ],
    ["a stream with a wrong instant", published({ createdAt: {} }), instant("stream.createdAt")],
  ])("refuses %s", (_, payload, message) => {
    expect(refusal(payload)).toBe(message);
  });

  it("reads or refuses any JSON, and repeats none of it in an error", () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom("canary\0", AT, connection, stream));
    const members = fc.record(
      { sessionId: value, timestamp: value, connection: value, stream: value, reason: value },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.constantFrom(...EVENT_NAMES), members, (event, rest) => {
        try {
          expect(JSON.stringify(readMonitoringEvent({ ...rest, event }))).not.toContain("\\u0000");
        } catch (error) {
          expect(error).toBeInstanceOf(BadUserInput);
          expect((error as Error).message).not.toContain("canary");
        }
      }),
      { numRuns: inputs(2000) },
    );
  });
});
