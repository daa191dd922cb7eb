import { BadUserInput } from "../errors.ts";
import type { EventConnection, EventStream, MonitoringEvent } from "./monitoring-event.ts";
import { storable } from "./text.ts";

type EventName = MonitoringEvent["event"];

/** The names of the events that are read. */
export const EVENT_NAMES: readonly EventName[] = [
  "connectionCreated",
  "connectionDestroyed",
  "streamCreated",
  "streamDestroyed",
  "sessionCreated",
  "sessionDestroyed",
  "sessionNotification",
];

/** The longest connection data, in UTF-16 code units: the largest limit of the official SDKs. */
const MAX_DATA = 1024;
/** Clients choose the names of streams, so a longer name is cut off, in UTF-16 code units. */
const MAX_NAME = 1000;
/** A reason or a video type is cut off here. */
const MAX_WORD = 255;
/** The latest instant of a `Date`, in epoch milliseconds. */
const LATEST = 8_640_000_000_000_000;

type Members = Readonly<Record<string, unknown>>;

/**
 * The monitoring event in a JSON value; null for an unknown event. Unknown members and reasons are accepted. Characters that no
 * database can store become U+FFFD, except in connection data: that would be the data of another token.
 *
 * @throws {BadUserInput} naming the member that breaks a rule, never its value
 */
export function readMonitoringEvent(value: unknown): MonitoringEvent | null {
  const members = membersOf("body", value);
  const event = EVENT_NAMES.find((name) => name === members.event);
  if (event === undefined) {
    if (typeof members.event === "string") return null;
    throw new BadUserInput("event", "event must be a text");
  }
  const timestamp = instant("timestamp", members.timestamp);
  const common = { sessionId: id("sessionId", members.sessionId), timestamp };
  const reason = text(members.reason, MAX_WORD);
  switch (event) {
    case "connectionCreated":
      return { ...common, event, connection: connection("connection", members.connection, timestamp) };
    case "connectionDestroyed":
      return {
        ...common,
        event,
        connection: connection("connection", members.connection, timestamp),
        reason,
      };
    case "streamCreated":
      return { ...common, event, stream: stream(members.stream, timestamp) };
    case "streamDestroyed":
      return { ...common, event, stream: stream(members.stream, timestamp), reason };
    default:
      return { ...common, event, reason };
  }
}

function connection(path: string, value: unknown, timestamp: number): EventConnection {
  const { id: connectionId, createdAt = timestamp, data: given } = membersOf(path, value);
  const data = given ?? "";
  if (typeof data !== "string" || data.length > MAX_DATA)
    throw new BadUserInput(`${path}.data`, `${path}.data must be a text of at most ${MAX_DATA} characters`);
  return {
    id: id(`${path}.id`, connectionId),
    createdAt: instant(`${path}.createdAt`, createdAt),
    data,
  };
}

function stream(value: unknown, timestamp: number): EventStream {
  const members = membersOf("stream", value);
  const { id: streamId, connection: publisher, createdAt = timestamp, name, videoType } = members;
  return {
    id: id("stream.id", streamId),
    connection: connection("stream.connection", publisher, timestamp),
    createdAt: instant("stream.createdAt", createdAt),
    name: text(name, MAX_NAME),
    ...(typeof videoType === "string" && { videoType: text(videoType, MAX_WORD) }),
  };
}

function membersOf(path: string, value: unknown): Members {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Members;
  throw new BadUserInput(path, `${path} must be an object`);
}

function id(path: string, value: unknown): string {
  if (typeof value === "string" && /^[!-~]{1,255}$/.test(value)) return value;
  throw new BadUserInput(path, `${path} must be a text of 1 to 255 printable characters`);
}

/** Epoch milliseconds as a number, or as digits, because the platform's descriptions differ. */
function instant(path: string, value: unknown): number {
  const milliseconds = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof milliseconds === "number" && milliseconds >= 0 && milliseconds <= LATEST)
    return Math.floor(milliseconds);
  throw new BadUserInput(path, `${path} must be epoch milliseconds`);
}

/** A text that decides nothing; empty for any other value. */
function text(value: unknown, maxLength: number): string {
  return typeof value === "string" ? storable(value.slice(0, maxLength)) : "";
}
