import type { ServerMessage } from "../platform/emulator/protocol.ts";
import { cell } from "./table.ts";

/** The participant of this command, in lines. */
const SELF = "you";

/** A message of a room as one line: the time, who, and what. Control characters are escaped, because others choose the text. */
export function roomLine(message: Exclude<ServerMessage, { type: "error" }>, now: Date): string {
  const [who, what] = said(message);
  return line(who, what, now);
}

/** A line about the participants of this command. */
export function ownLine(what: string, now: Date): string {
  return line(SELF, what, now);
}

function line(who: string, what: string, now: Date): string {
  return cell(`${now.toTimeString().slice(0, 8)}  ${who}  ${what}`);
}

function said(message: Exclude<ServerMessage, { type: "error" }>): [who: string, what: string] {
  switch (message.type) {
    case "joined": {
      const { connectionId, role, connections, streams } = message;
      const others = `others: ${connections.length}, streams: ${streams.length}`;
      return [SELF, `joined as ${connectionId}, ${role}; ${others}`];
    }
    case "connectionCreated": {
      const { connectionId, data } = message.connection;
      return [connectionId, data === "" ? "joined" : `joined, data "${data}"`];
    }
    case "connectionDestroyed":
      return [message.connectionId, `left: ${message.reason}`];
    case "published":
      return [SELF, `published ${streamIn(message)}`];
    case "streamCreated":
      return [message.stream.connectionId, `published ${streamIn(message)}`];
    case "streamDestroyed":
      return [`stream ${message.streamId}`, `ended: ${message.reason}`];
    case "signal":
      return [message.from || "server", `signal "${message.signalType}": "${message.data}"`];
    case "muted":
      return [SELF, `muted: stream ${message.streamId}`];
    case "disconnected":
      return [SELF, `disconnected: ${message.reason}`];
  }
}

function streamIn({
  stream: { streamId, name, videoType },
}: Extract<ServerMessage, { type: "published" | "streamCreated" }>) {
  return `stream ${streamId}, ${videoType ?? "audio only"}${name === "" ? "" : `, "${name}"`}`;
}
